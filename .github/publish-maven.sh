#!/usr/bin/env bash
# Signs the Maven repository in dist/java and publishes it to Maven Central, through the Publisher API of its portal.
# It uses only what the runner has: bash, gpg, zip, curl and jq. Nothing is downloaded while there are secrets.
# https://central.sonatype.org/publish/publish-portal-api/
set -euo pipefail

api="${CENTRAL_PORTAL_URL:-https://central.sonatype.com}/api/v1/publisher"
work=$(mktemp -d)
trap 'gpgconf --homedir "$work" --kill all; rm -rf "$work"' EXIT

# Secrets are passed in files and pipes: a command line is visible to every process.
gpg --homedir "$work" --batch --quiet --import <<< "$MAVEN_GPG_PRIVATE_KEY"
cp -r dist/java "$work/bundle"
cd "$work/bundle"
find . -name 'maven-metadata.xml*' -delete
find . -type f \( -name '*.jar' -o -name '*.pom' \) -print0 | while IFS= read -r -d '' file; do
  gpg --homedir "$work" --batch --quiet --pinentry-mode loopback --passphrase-fd 3 --armor --detach-sign "$file" \
    3<<< "$MAVEN_GPG_PRIVATE_KEY_PASSPHRASE"
done
zip -qr ../bundle.zip .
cd "$work"
unzip -l bundle.zip

if [ "$DRY_RUN" = true ]; then
  echo 'Dry run: nothing is published'
  exit
fi

token=$(printf '%s:%s' "$MAVEN_USERNAME" "$MAVEN_PASSWORD" | base64 -w 0)
printf 'Authorization: Bearer %s\n' "$token" > header
send() { curl --silent --show-error --fail-with-body --header @header --request POST "$@"; }

id=$(send --form bundle=@bundle.zip "$api/upload?publishingType=AUTOMATIC")
for _ in {1..120}; do
  status=$(send --retry 5 "$api/status?id=$id")
  state=$(jq --raw-output .deploymentState <<< "$status")
  echo "Deployment $id: $state"
  case "$state" in
    PUBLISHING | PUBLISHED)
      exit
      ;;
    FAILED)
      jq .errors <<< "$status"
      # A release that is run again after a failure elsewhere.
      jq --exit-status '[.. | strings] | any(contains("already exists"))' <<< "$status" > /dev/null && exit
      exit 1
      ;;
  esac
  sleep "${POLL_SECONDS:-15}"
done
echo "Maven Central has not validated deployment $id in time: see https://central.sonatype.com/publishing/deployments"
exit 1
