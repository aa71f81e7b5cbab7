import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

/** Who the AWS SDK for Java is with the profile in argv: one ARN. */
public final class Identity {
  public static void main(String[] argv) {
    var credentials = DefaultCredentialsProvider.builder().profileName(argv[0]).build();
    try (var sts = StsClient.builder().region(Region.EU_WEST_1).credentialsProvider(credentials).build()) {
      System.out.println(sts.getCallerIdentity().arn());
    }
  }
}
