"""Fills moto with an organisation, and compares a snapshot with it.

Run by scripts/snapshot-moto.sh, which says where the server is.
"""

import base64
import csv
import json
import pathlib
import sys

import boto3

DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/100%25/a+b c/ü/*"}],
}
NARROWER = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:*:*:q"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ROLES = 130  # more than one page of 100


def fill_iam(iam):
    arn = iam.create_policy(PolicyName="shared", Path="/team/", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(NARROWER), SetAsDefault=True)
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    for n in range(ROLES):
        name = f"app-{n:03}"
        iam.create_role(
            RoleName=name, Path="/app/", AssumeRolePolicyDocument=json.dumps(TRUST), PermissionsBoundary=edge,
            Tags=[{"Key": "n", "Value": str(n)}],
        )
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(DOCUMENT))
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    iam.attach_role_policy(RoleName="app-000", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_instance_profile(InstanceProfileName="app")
    iam.add_role_to_instance_profile(InstanceProfileName="app", RoleName="app-000")
    iam.create_group(GroupName="people")
    iam.put_group_policy(GroupName="people", PolicyName="own", PolicyDocument=json.dumps(DOCUMENT))
    iam.attach_group_policy(GroupName="people", PolicyArn=arn)
    iam.create_user(UserName="ann")
    iam.add_user_to_group(GroupName="people", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=json.dumps(DOCUMENT))
    iam.attach_user_policy(UserName="ann", PolicyArn=edge)


def fill():
    iam = boto3.client("iam")
    fill_iam(iam)
    org = boto3.client("organizations")
    org.create_organization(FeatureSet="ALL")
    root = org.list_roots()["Roots"][0]["Id"]
    unit = org.create_organizational_unit(ParentId=root, Name="work")["OrganizationalUnit"]["Id"]
    member = org.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]["AccountId"]
    org.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    org.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    scp = org.create_policy(Name="rails", Description="d", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(NARROWER))
    org.attach_policy(PolicyId=scp["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    keys = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole", RoleSessionName="fill")["Credentials"]
    there = boto3.client(
        "iam", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"])
    there.create_role(RoleName="member-only", AssumeRolePolicyDocument=json.dumps(TRUST))
    there.put_role_policy(RoleName="member-only", PolicyName="own", PolicyDocument=json.dumps(NARROWER))
    boto3.client("s3").create_bucket(Bucket="logs")
    trail = boto3.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="logs", IsMultiRegionTrail=True)
    trail.start_logging(Name="all")
    trail.put_event_selectors(TrailName="all", EventSelectors=[{
        "ReadWriteType": "All", "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
    }])


def expect(what, got, want):
    if got != want:
        sys.exit(f"snapshot-moto: {what}: got {got!r}, want {want!r}")


def check(folder):
    folder = pathlib.Path(folder)
    org = json.loads((folder / "organization.json").read_text())
    own = boto3.client("sts").get_caller_identity()["Account"]
    member = next(a["id"] for a in org["accounts"] if a["name"] == "shop")
    expect("path of the member", len(next(a["path"] for a in org["accounts"] if a["id"] == member)), 2)
    rails = next(p for p in org["policies"] if p["name"] == "rails")
    expect("SCP", (rails["type"], rails["document"], len(rails["targets"])), ("SERVICE_CONTROL_POLICY", NARROWER, 1))

    details = json.loads((folder / own / "authorization-details.json").read_text())
    roles = {r["RoleName"]: r for r in details["RoleDetailList"] if r["Path"] == "/app/"}
    expect("roles over all pages", len(roles), ROLES)
    r = roles["app-000"]
    expect("trust", r["AssumeRolePolicyDocument"], TRUST)
    expect("inline", r["RolePolicyList"], [{"PolicyName": "own", "PolicyDocument": DOCUMENT}])
    expect("attached", sorted(p["PolicyName"] for p in r["AttachedManagedPolicies"]), ["ReadOnlyAccess", "shared"])
    expect("tags", r["Tags"], [{"Key": "n", "Value": "0"}])
    expect("boundary", r["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/edge"), True)
    expect("instance profile", [p["InstanceProfileName"] for p in r["InstanceProfileList"]], ["app"])
    shared = next(p for p in details["Policies"] if p["Arn"].endswith(":policy/team/shared"))  # moto leaves the name out
    versions = {v["VersionId"]: v["Document"] for v in shared["PolicyVersionList"]}
    expect("versions", (shared["DefaultVersionId"], versions), ("v2", {"v1": DOCUMENT, "v2": NARROWER}))
    expect("version dates", all(v.get("CreateDate") for v in shared["PolicyVersionList"]), True)
    ann = details["UserDetailList"][0]
    expect("user", (ann["GroupList"], ann["UserPolicyList"][0]["PolicyDocument"]), (["people"], DOCUMENT))
    expect("group", details["GroupDetailList"][0]["GroupPolicyList"][0]["PolicyDocument"], DOCUMENT)

    report = json.loads((folder / own / "credential-report.json").read_text())
    rows = list(csv.DictReader(base64.b64decode(report["Content"]).decode().splitlines()))
    expect("credential report", [(r["arn"], r["password_enabled"]) for r in rows if r["user"] == "ann"], [(ann["Arn"], "false")])

    there = json.loads((folder / member / "authorization-details.json").read_text())
    expect("roles of the member", [r["RoleName"] for r in there["RoleDetailList"] if r["RoleName"].startswith("member")], ["member-only"])
    trails = json.loads((folder / own / "event-selectors.json").read_text())
    expect("trail", (len(trails), trails[0]["IsLogging"], trails[0]["IsMultiRegionTrail"]), (1, True, True))
    expect("selectors", trails[0]["EventSelectors"][0]["DataResources"][0]["Values"], ["arn:aws:s3"])
    print(f"snapshot-moto: {ROLES} roles of {own} and the member {member} are saved as they are")


if __name__ == "__main__":
    fill() if sys.argv[1] == "fill" else check(sys.argv[2])
