import java.io.FileInputStream;
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

/** What Java's own path validation says of each certificate by the CRL that it names alone: issuer, certificates. */
public class CheckByCrl {
  public static void main(String[] args) throws Exception {
    System.setProperty("com.sun.security.enableCRLDP", "true");
    TrustAnchor anchor = new TrustAnchor(read(args[0]), null);
    CertPathValidator validator = CertPathValidator.getInstance("PKIX");
    for (int i = 1; i < args.length; i++) {
      PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      checker.setOptions(
          EnumSet.of(
              PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
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
