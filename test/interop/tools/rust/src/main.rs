//! Who the AWS SDK for Rust is with the profile in argv: one ARN.
use aws_config::BehaviorVersion;
use aws_smithy_http_client::Builder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let profile = std::env::args().nth(1).ok_or("which profile?")?;
    let config = aws_config::defaults(BehaviorVersion::latest())
        .profile_name(profile)
        .region("eu-west-1")
        .http_client(Builder::new().build_http())
        .load()
        .await;
    let identity = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await?;
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}
