#!/usr/bin/env bash
# Publishes the Go module in dist/go: a commit and a tag in the repository that the path of the module names.
# It uses only git, which the runner has. Nothing is downloaded while there is a token.
# https://go.dev/ref/mod#vcs-version
set -euo pipefail

module=$(basename dist/go/*/)
version=$(cat "dist/go/$module/version")
repository=$(sed -nE 's|^module ([^/]+/[^/]+/[^/]+)/.*|https://\1.git|p' "dist/go/$module/go.mod")
tag="$module/v$version"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Not on a command line, which is visible to every process, and not in the configuration of the clone.
token=$(printf 'x-access-token:%s' "$GO_GITHUB_TOKEN" | base64 -w 0)
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.https://github.com/.extraHeader GIT_TERMINAL_PROMPT=0
export GIT_CONFIG_VALUE_0="Authorization: Basic $token"

# A release that is run again after a failure elsewhere.
if git ls-remote --exit-code --tags "$repository" "refs/tags/$tag"; then
  echo "$tag is published"
  exit
fi

git clone --quiet --depth 1 "$repository" "$work/clone"
rm -rf "${work:?}/clone/$module"
cp -r "dist/go/$module" "$work/clone/"
cd "$work/clone"
git add --all
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "chore(release): v$version"
git tag "$tag"
git show --stat HEAD

if [ "$DRY_RUN" = true ]; then
  echo 'Dry run: nothing is published'
  exit
fi
git push --atomic origin HEAD:main "refs/tags/$tag"
