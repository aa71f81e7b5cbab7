terraform {
  backend "s3" {
    bucket      = "state"
    key         = "app"
    region      = "eu-west-1"
    max_retries = 1
  }
}
