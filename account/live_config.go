package account

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
)

// Environment is the AWS config that the CLI would use here: environment,
// shared config and credential files, then the machine's own role. profile and
// region override it where they are not empty.
//
// Source: AWS SDKs and Tools Reference Guide, "Configuration".
func Environment(ctx context.Context, profile, region string) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("read the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1" // where the global services of the aws partition live
	}
	return cfg, nil
}
