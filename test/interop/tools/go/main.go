// Who the AWS SDK for Go (sdk), or the base library of Terraform's AWS provider (terraform), is: one ARN. In argv: which of the two,
// and a profile; without one the environment decides. With `-` in its place see many.go.
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

// Whose profile is wanted, and from which files; empty: as the environment has it.
type place struct{ credentials, config, profile string }

func load(ctx context.Context, library string, from place) (aws.Config, error) {
	if library == "sdk" {
		return config.LoadDefaultConfig(ctx, options(from)...)
	}
	base := awsbase.Config{Profile: from.profile, SkipCredsValidation: true}
	if from.credentials != "" {
		base.SharedCredentialsFiles, base.SharedConfigFiles = []string{from.credentials}, []string{from.config}
	}
	_, cfg, found := awsbase.GetAwsConfig(ctx, &base)
	if !found.HasError() {
		return cfg, nil
	}
	var words []string
	for _, one := range found {
		words = append(words, one.Summary(), one.Detail())
	}
	return cfg, errors.New(strings.Join(words, "\n"))
}

func options(from place) (given []func(*config.LoadOptions) error) {
	if from.profile != "" {
		given = append(given, config.WithSharedConfigProfile(from.profile))
	}
	if from.credentials == "" {
		return given
	}
	return append(given, config.WithSharedCredentialsFiles([]string{from.credentials}), config.WithSharedConfigFiles([]string{from.config}))
}

// Whether to ask once more with the same client: until the file that IDENTIFY_UNTIL names is there.
func goesOn() bool {
	until := os.Getenv("IDENTIFY_UNTIL")
	_, err := os.Stat(until)
	return until != "" && err != nil
}

func identify(ctx context.Context, client *sts.Client) (string, error) {
	found, err := client.GetCallerIdentity(ctx, nil)
	if err != nil {
		return "", err
	}
	return aws.ToString(found.Arn), nil
}

func main() {
	ctx, library, from := context.Background(), os.Args[1], place{}
	if len(os.Args) > 2 {
		from.profile = os.Args[2]
	}
	if from.profile == "-" {
		identifyMany(ctx, library)
		return
	}
	cfg, err := load(ctx, library, from)
	if err == nil {
		var arn string
		client := sts.NewFromConfig(cfg)
		for arn, err = identify(ctx, client); err == nil && goesOn(); {
			arn, err = identify(ctx, client)
		}
		if err == nil {
			fmt.Println(arn)
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
