import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;

/** Runs the set-ups of a file with java.net.http; prints name, status and body of each. */
final class Client {
  /** By itself Java sends no certificate whose issuer the server does not name. */
  private static final class OnlyKey extends X509ExtendedKeyManager {
    private final X509Certificate[] chain;
    private final PrivateKey key;

    OnlyKey(X509Certificate[] chain, PrivateKey key) {
      this.chain = chain;
      this.key = key;
    }

    @Override
    public String[] getClientAliases(String type, Principal[] issuers) {
      return new String[] {"only"};
    }

    @Override
    public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
      return "only";
    }

    @Override
    public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
      return "only";
    }

    @Override
    public String[] getServerAliases(String type, Principal[] issuers) {
      return null;
    }

    @Override
    public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
      return null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
      return chain;
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
      return key;
    }
  }

  private static X509Certificate[] readCertificates(String file) throws Exception {
    byte[] pem = Files.readAllBytes(Path.of(file));
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(pem))
        .toArray(new X509Certificate[0]);
  }

  private static KeyManager[] readKey(String certFile, String keyFile) throws Exception {
    if (certFile.isEmpty()) return null;
    X509Certificate[] chain = readCertificates(certFile);
    String base64 = Files.readString(Path.of(keyFile)).replaceAll("-----[^-]+-----|\\s", "");
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64));
    PrivateKey key = KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm()).generatePrivate(spec);
    return new KeyManager[] {new OnlyKey(chain, key)};
  }

  private static HttpClient open(String[] column) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    String file = column[9].equals("untrusted") && !column[3].isEmpty() ? column[3] : column[5];
    trusted.setCertificateEntry("ca", readCertificates(file)[0]);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(readKey(column[3], column[4]), trust.getTrustManagers(), null);
    SSLParameters parameters = new SSLParameters();
    if (column[9].equals("version")) parameters.setProtocols(new String[] {"TLSv1.1"});
    if (column[9].equals("cipher")) {
      parameters.setProtocols(new String[] {"TLSv1.2"});
      parameters.setCipherSuites(new String[] {"TLS_RSA_WITH_AES_128_GCM_SHA256"});
    }
    return HttpClient.newBuilder()
        .sslContext(context)
        .sslParameters(parameters)
        .version(column[8].isEmpty() ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(10))
        .build();
  }

  private static String call(String[] column) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(column[1]))
            .timeout(Duration.ofSeconds(10))
            .header("traceparent", column[6])
            .method(column[2], HttpRequest.BodyPublishers.noBody());
    if (!column[7].isEmpty()) request.header("Authorization", column[7]);
    if (!column[8].isEmpty()) request.header("Host", column[8]);
    HttpResponse<String> answer = open(column).send(request.build(), HttpResponse.BodyHandlers.ofString());
    return answer.statusCode() + "\t" + answer.body();
  }

  public static void main(String[] arguments) throws IOException {
    Security.setProperty("jdk.tls.disabledAlgorithms", "");
    Security.setProperty("jdk.certpath.disabledAlgorithms", "");
    for (String line : Files.readString(Path.of(arguments[0])).split("\n")) {
      String[] column = line.split("\t", -1);
      String outcome;
      try {
        outcome = call(column);
      } catch (Exception error) {
        outcome = "0\t" + error.toString().replace('\n', ' ');
      }
      System.out.println(column[0] + "\t" + outcome);
    }
    System.exit(0);
  }
}
