import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;

/** Who the AWS SDK for Java is with the profile in argv: one ARN; without one the environment decides. With `-` in its place see Many. */
public final class Identity {
  static String arnOf(StsClientBuilder builder, AwsCredentialsProvider credentials) {
    try (var sts = builder.credentialsProvider(credentials).build()) {
      // With the same client, until this file is there.
      var until = System.getenv("IDENTIFY_UNTIL");
      while (until != null && !Files.exists(Path.of(until))) {
        sts.getCallerIdentity();
      }
      return sts.getCallerIdentity().arn();
    }
  }

  public static void main(String[] argv) throws Exception {
    if (argv.length > 0 && argv[0].equals("-")) {
      Many.identify();
      return;
    }
    var credentials = DefaultCredentialsProvider.builder();
    var client = StsClient.builder();
    if (argv.length > 0) {
      credentials.profileName(argv[0]);
      client.overrideConfiguration(all -> all.defaultProfileName(argv[0]));
    }
    System.out.println(arnOf(client, credentials.build()));
  }
}
