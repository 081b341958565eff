import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Calls with java.net.http as it is by itself: address, method, bytes of the body, token, CA; prints status and body. */
final class Call {
  public static void main(String[] arguments) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (FileInputStream file = new FileInputStream(arguments[0])) {
      trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    for (int i = 1; i < arguments.length; i += 4) {
      HttpRequest.BodyPublisher body =
          arguments[i + 2].equals("0")
              ? HttpRequest.BodyPublishers.noBody()
              : HttpRequest.BodyPublishers.ofByteArray(new byte[Integer.parseInt(arguments[i + 2])]);
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(arguments[i])).method(arguments[i + 1], body);
      if (!arguments[i + 3].isEmpty()) request.header("Authorization", "Bearer " + arguments[i + 3]);
      String told;
      try {
        HttpResponse<String> answer =
            HttpClient.newBuilder().sslContext(context).build()
                .send(request.build(), HttpResponse.BodyHandlers.ofString());
        told = answer.statusCode() + " " + answer.body();
      } catch (Exception error) {
        told = error.toString();
      }
      System.out.println(told.replace('\n', ' '));
    }
    System.exit(0);
  }
}
