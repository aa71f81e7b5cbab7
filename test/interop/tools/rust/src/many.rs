use crate::loader;
use aws_config::profile::{ProfileFileCredentialsProvider, load};
use aws_config::provider_config::ProviderConfig;
use aws_config::{Region, SdkConfig};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_http_client::Builder;
use aws_types::os_shim_internal::{Env, Fs};
use std::error::Error;

/// On stdin a line for each question: credentials file, config file, profile, with tabs between. On stdout a line for each answer:
/// whether the profile is there, the region that it has, the ARN, the error.
pub async fn identify_many() -> Result<(), Box<dyn Error>> {
    let base = loader().region("eu-west-1").no_credentials().load().await;
    for line in std::io::stdin().lines() {
        let line = line?;
        let mut words = line.split('\t');
        let mut next = || words.next().unwrap_or_default();
        let files = EnvConfigFiles::builder()
            .with_file(EnvConfigFileKind::Credentials, next())
            .with_file(EnvConfigFileKind::Config, next())
            .build();
        let name = next().to_string();
        let (is_there, region, why) = match load(&Fs::real(), &Env::real(), &files, Some(name.clone().into())).await {
            Ok(found) => {
                let region = found.get_profile(&name).and_then(|own| own.get("region")).unwrap_or_default();
                (found.get_profile(&name).is_some(), region.to_string(), String::new())
            }
            Err(error) => (false, String::new(), format!("no file: {}", words_of(&error))),
        };
        let (arn, error) = match identify(&base, files, &name).await {
            Ok(arn) => (arn, why),
            Err(error) => (String::new(), format!("{why} {}", words_of(error.as_ref()))),
        };
        println!("{is_there}\t{region}\t{arn}\t{}", error.trim());
    }
    Ok(())
}

async fn identify(base: &SdkConfig, files: EnvConfigFiles, name: &str) -> Result<String, Box<dyn Error>> {
    let config = ProviderConfig::without_region()
        .with_region(Some(Region::from_static("eu-west-1")))
        .with_http_client(Builder::new().build_http());
    let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_files(files).profile_name(name).build();
    let own = aws_sdk_sts::config::Builder::from(base).credentials_provider(provider).build();
    let identity = aws_sdk_sts::Client::from_conf(own).get_caller_identity().send().await?;
    Ok(identity.arn().unwrap_or_default().to_string())
}

/// An error with its causes, on one line.
fn words_of(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
