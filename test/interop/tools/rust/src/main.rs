//! Who the AWS SDK for Rust is with the profile in argv: one ARN; without one the environment decides. With `-` in its place see
//! many.rs.
mod many;

use aws_config::{BehaviorVersion, ConfigLoader};
use aws_smithy_http_client::Builder;

pub fn loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(Builder::new().build_http())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = match std::env::args().nth(1) {
        Some(word) if word == "-" => return many::identify_many().await,
        Some(profile) => loader().profile_name(profile),
        None => loader(),
    };
    let client = aws_sdk_sts::Client::new(&config.load().await);
    let mut identity = client.get_caller_identity().send().await?;
    // With the same client, until this file is there.
    if let Ok(until) = std::env::var("IDENTIFY_UNTIL") {
        while !std::path::Path::new(&until).exists() {
            identity = client.get_caller_identity().send().await?;
        }
    }
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}
