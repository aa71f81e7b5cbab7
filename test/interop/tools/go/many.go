package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// On stdin a line for each question: credentials file, config file, profile, with tabs between. On stdout a line for each answer:
// whether the profile is there, the region that it has, the ARN, the error.
func identifyMany(ctx context.Context, library string) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		words := strings.Split(lines.Text(), "\t")
		from := place{words[0], words[1], words[2]}
		var missing config.SharedConfigProfileNotExistError
		shared, err := config.LoadSharedConfigProfile(ctx, from.profile, func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles, o.ConfigFiles = []string{from.credentials}, []string{from.config}
		})
		isThere := !errors.As(err, &missing)
		cfg, err := load(ctx, library, from)
		arn := ""
		if err == nil {
			inRegion := cfg.Copy()
			if inRegion.Region == "" {
				inRegion.Region = "eu-west-1"
			}
			arn, err = identify(ctx, sts.NewFromConfig(inRegion))
		}
		answer := []string{fmt.Sprint(isThere), cfg.Region, arn, ""}
		if err != nil {
			// Terraform's library gives nothing at all then.
			answer[1] = shared.Region
			answer[3] = strings.Join(strings.Fields(err.Error()), " ")
		}
		fmt.Println(strings.Join(answer, "\t"))
	}
}
