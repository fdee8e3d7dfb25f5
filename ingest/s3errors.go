package ingest

import (
	"errors"
	"fmt"
	"net"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// explain says what a refused request means and what to do about it.
func (s *s3Source) explain(permission, key string, err error) error {
	what := "list s3://" + s.bucket + "/" + key
	resource := "arn:aws:s3:::" + s.bucket
	if permission == "s3:GetObject" {
		what, resource = "read s3://"+s.bucket+"/"+key, resource+"/"+s.prefix+"*"
	}
	hint := ""
	switch code := codeOf(err); code {
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		hint = fmt.Sprintf("access denied: the credentials need %s on %s, in their policies and in the bucket's", permission, resource)
		if strings.Contains(strings.ToLower(err.Error()), "kms") {
			hint = "access denied: the credentials need kms:Decrypt on the key that the trail encrypts with"
		}
	case "NoSuchBucket":
		hint = "there is no bucket " + s.bucket + "; check the name, and that the credentials are of its partition"
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "MovedPermanently", "IllegalLocationConstraintException":
		hint = "the bucket is in another region" + known(regionOf(err)) + "; set AWS_REGION to it"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
		hint = "the credentials are not valid (" + code + "); renew them"
	case "InvalidObjectState":
		hint = "the object is archived; restore it from its storage class first"
	}
	if hint == "" {
		hint = unsent(err)
	}
	if hint == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	return &hintedError{what + ": " + hint, err}
}

// unsent says why a request did not reach AWS; "" if it did.
func unsent(err error) string {
	var network *net.OpError
	switch {
	case strings.Contains(err.Error(), "get credentials"):
		return "no credentials; set AWS_PROFILE, sign in, or run where a role is attached"
	case errors.As(err, &network):
		return fmt.Sprintf("the endpoint cannot be reached (%v); check the network, AWS_REGION and AWS_ENDPOINT_URL", network)
	}
	return ""
}

// hintedError says what to do; the SDK's many words are its cause.
type hintedError struct {
	text string
	err  error
}

func (e *hintedError) Error() string { return e.text }
func (e *hintedError) Unwrap() error { return e.err }

func known(region string) string {
	if region == "" {
		return ""
	}
	return ", " + region
}

// explainObject tells an object that is out of reach now, which the next run
// tries again, from one that is gone for good.
func (s *s3Source) explainObject(key string, err error) error {
	explained := s.explain("s3:GetObject", key, err)
	switch codeOf(err) {
	case "NoSuchKey", "PreconditionFailed":
		return explained
	}
	return &unavailableError{explained}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// regionOf is the bucket's region, which S3 tells whoever asks elsewhere.
func regionOf(err error) string {
	var response *awshttp.ResponseError
	if err == nil || !errors.As(err, &response) || response.Response == nil {
		return ""
	}
	return response.Response.Header.Get("X-Amz-Bucket-Region")
}
