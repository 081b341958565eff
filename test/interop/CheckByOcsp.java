import java.io.FileInputStream;
import java.net.URI;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What Java's own path validation says of each certificate by OCSP alone: issuer, responder, certificates. */
public class CheckByOcsp {
  public static void main(String[] args) throws Exception {
    TrustAnchor anchor = new TrustAnchor(read(args[0]), null);
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    for (int i = 2; i < args.length; i++) {
      PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      checker.setOcspResponder(URI.create(args[1]));
      checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
      PKIXParameters parameters = new PKIXParameters(Set.of(anchor));
      parameters.addCertPathChecker(checker);
      try {
        validator.validate(
            CertificateFactory.getInstance("X.509").generateCertPath(List.of(read(args[i]))), parameters);
        System.out.println(args[i] + ": valid");
      } catch (CertPathValidatorException error) {
        System.out.println(args[i] + ": " + error.getReason() + " " + error.getMessage());
      }
    }
  }

  private static X509Certificate read(String file) throws Exception {
    try (FileInputStream stream = new FileInputStream(file)) {
      return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
  }
}
