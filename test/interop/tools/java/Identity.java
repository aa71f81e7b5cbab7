import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

/** Who the AWS SDK for Java is with the profile in argv: one ARN; without one the environment decides. With `-` in its place see Many. */
public final class Identity {
  static String arnOf(AwsCredentialsProvider credentials) {
    try (var sts = StsClient.builder().region(Region.EU_WEST_1).credentialsProvider(credentials).build()) {
      return sts.getCallerIdentity().arn();
    }
  }

  public static void main(String[] argv) throws Exception {
    if (argv.length > 0 && argv[0].equals("-")) {
      Many.identify();
      return;
    }
    var credentials = DefaultCredentialsProvider.builder();
    if (argv.length > 0) credentials.profileName(argv[0]);
    System.out.println(arnOf(credentials.build()));
  }
}
