// Who the AWS SDK for Go (sdk), or the base library of Terraform's AWS provider (terraform), is with a profile: one ARN.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
)

const region = "eu-west-1"

func load(ctx context.Context, library, profile string) (aws.Config, error) {
	if library == "sdk" {
		return config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile), config.WithRegion(region))
	}
	_, cfg, found := awsbase.GetAwsConfig(ctx, &awsbase.Config{Profile: profile, Region: region, SkipCredsValidation: true})
	if !found.HasError() {
		return cfg, nil
	}
	var words []string
	for _, one := range found {
		words = append(words, one.Summary(), one.Detail())
	}
	return cfg, errors.New(strings.Join(words, "\n"))
}

func identify(ctx context.Context, library, profile string) (string, error) {
	cfg, err := load(ctx, library, profile)
	if err != nil {
		return "", err
	}
	found, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", err
	}
	return aws.ToString(found.Arn), nil
}

func main() {
	arn, err := identify(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(arn)
}
