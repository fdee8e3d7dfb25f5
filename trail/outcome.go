package trail

import "strings"

// Outcome says what an event's error code proves about authorisation.
type Outcome string

// The three outcomes.
const (
	Allowed   Outcome = "allowed"   // no error, or one raised after the request was authorised
	Denied    Outcome = "denied"    // authorisation failed: never evidence of use
	Undecided Outcome = "undecided" // throttled, malformed, internal, or not in the table
)

// denials are error codes that say the caller was not authorised.
//
// Source: IAM User Guide, "Troubleshoot access denied error messages"; EC2 API
// Reference, "Error codes for the Amazon EC2 API" (UnauthorizedOperation); S3
// API Reference, "Error responses" (AllAccessDisabled, AccountProblem).
var denials = []string{
	"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError",
	"AuthorizationErrorException", "NotAuthorized", "NotAuthorizedException", "UnauthorizedAccess",
	"UnauthorizedException", "Forbidden", "ForbiddenException", "KMS.AccessDeniedException",
	"AllAccessDisabled", "OperationNotPermitted", "UnrecognizedClientException",
	"InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidAccessKeyId",
}

// authorised are error codes that a service raises only once the request was
// authorised: what was asked for is not there, or is there already.
//
// Source: S3 API Reference, "Error responses"; EC2 API Reference, "Error
// codes" (DryRunOperation: "the request would have succeeded"); the Errors
// section of each operation for the others.
var authorised = []string{
	"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NoSuchBucketPolicy", "NoSuchCORSConfiguration",
	"NoSuchLifecycleConfiguration", "NoSuchTagSet", "NoSuchWebsiteConfiguration",
	"NoSuchPublicAccessBlockConfiguration", "NoSuchObjectLockConfiguration",
	"ServerSideEncryptionConfigurationNotFoundError", "ObjectLockConfigurationNotFoundError",
	"ReplicationConfigurationNotFoundError", "OwnershipControlsNotFoundError",
	"NoSuchConfiguration", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "NotModified",
	"PreconditionFailed", "DryRunOperation", "NoSuchEntity", "NoSuchEntityException",
	"EntityAlreadyExists", "EntityAlreadyExistsException", "DeleteConflict",
	"ResourceNotFoundException", "ResourceInUseException", "ResourceAlreadyExistsException",
	"ConditionalCheckFailedException", "TransactionCanceledException", "ParameterNotFound",
	"ParameterAlreadyExists", "StackInstanceNotFoundException", "RepositoryNotFoundException",
	"ImageNotFoundException", "LifecyclePolicyNotFoundException", "RepositoryPolicyNotFoundException",
	"NoUpdatesToPerform", "AlreadyExistsException", "ConflictException", "ResourceConflictException",
}

var outcomes = func() map[string]Outcome {
	m := map[string]Outcome{"": Allowed}
	for _, code := range denials {
		m[code], m[strings.ToLower(code)] = Denied, Denied
	}
	for _, code := range authorised {
		m[code], m[strings.ToLower(code)] = Allowed, Allowed
	}
	return m
}()

// OutcomeOf reads an errorCode. EC2 prefixes its codes with "Client." or
// "Server.".
func OutcomeOf(errorCode string) Outcome {
	if errorCode == "" {
		return Allowed
	}
	code := strings.TrimPrefix(strings.TrimPrefix(errorCode, "Client."), "Server.")
	if o, ok := outcomes[code]; ok { // spelled as documented
		return o
	}
	if o, ok := outcomes[strings.ToLower(code)]; ok {
		return o
	}
	return Undecided
}
