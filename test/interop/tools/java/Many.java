import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * On stdin a line for each question: credentials file, config file, profile, with tabs between. On stdout a line for each answer:
 * whether the profile is there, the region that it has, the ARN, the error.
 */
final class Many {
  static void identify() throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      var words = line.split("\t");
      System.out.println(answer(words[0], words[1], words[2]).replace("\n", " "));
    }
  }

  private static String answer(String credentials, String config, String name) {
    var there = "false\t";
    try {
      // As ProfileFile.defaultProfileFile() reads them.
      var files = ProfileFile.aggregator()
          .addFile(ProfileFile.builder().content(Path.of(credentials)).type(ProfileFile.Type.CREDENTIALS).build())
          .addFile(ProfileFile.builder().content(Path.of(config)).type(ProfileFile.Type.CONFIGURATION).build())
          .build();
      var own = files.profile(name);
      there = own.isPresent() + "\t" + own.flatMap(profile -> profile.property("region")).orElse("");
      var provider = ProfileCredentialsProvider.builder().profileFile(files).profileName(name).build();
      return there + "\t" + Identity.arnOf(StsClient.builder().region(Region.EU_WEST_1), provider) + "\t";
    } catch (RuntimeException error) {
      return there + "\t\t" + error.toString().replace("\t", " ");
    }
  }
}
