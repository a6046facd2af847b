#!/bin/sh
# sign.sh FILE...   signs Windows programs, setups and MSIs where they lie, and verifies that they are
#
# PARLEY_SIGN_PKCS12     certificate and key of the project; without it, a certificate of this machine alone, which no Windows trusts
# PARLEY_SIGN_PASSWORD   the file that its password is in
# PARLEY_SIGN_TIMESTAMP  the address of an RFC 3161 time stamp server, so that signatures outlive the certificate; not for the test's
# PARLEY_SIGN_CA         PEM file of the roots that the certificate leads to, where it does not bring its own
#
# Signatures are RSA of PKCS #1 v1.5 and say the time of the commit: without a time stamp the same certificate signs the same bytes
# alike, so a signed build is as reproducible as an unsigned one.
# shellcheck source=packaging/env.sh
. "$(dirname "$0")/../env.sh"
need osslsigncode osslsigncode
need openssl openssl

keys=$BUILD/windows-setup/keys
mkdir -p "$keys"
chmod 700 "$keys"

# A year from now the test certificate would be refused; it is made anew a month before.
if [ -z "${PARLEY_SIGN_PKCS12:-}" ] && ! openssl x509 -in "$keys/test.pem" -noout -checkend 2592000 >/dev/null 2>&1; then
	openssl req -x509 -newkey rsa:3072 -sha256 -nodes -days 365 -subj '/O=Parley/CN=Parley test certificate, trust it nowhere' \
		-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=codeSigning \
		-keyout "$keys/test.key" -out "$keys/test.new" 2>/dev/null
	openssl rand -hex 16 >"$keys/test.password"
	openssl pkcs12 -export -inkey "$keys/test.key" -in "$keys/test.new" -passout "file:$keys/test.password" -out "$keys/test.p12"
	rm "$keys/test.key"
	mv "$keys/test.new" "$keys/test.pem" # last: what it is looked for by
fi

if [ -n "${PARLEY_SIGN_PKCS12:-}" ]; then
	certificate=$PARLEY_SIGN_PKCS12 stamp=${PARLEY_SIGN_TIMESTAMP:-}
	password=${PARLEY_SIGN_PASSWORD:?the file with the password of PARLEY_SIGN_PKCS12}
else
	certificate=$keys/test.p12 password=$keys/test.password stamp=
fi
roots=$keys/roots.$$
trap 'rm -f "$roots"' EXIT
openssl pkcs12 -in "$certificate" -passin "file:$password" -nokeys >"$roots"
if [ -n "${PARLEY_SIGN_PKCS12:-}" ]; then
	for f in "${PARLEY_SIGN_CA:-}" /etc/ssl/certs/ca-certificates.crt; do
		[ -z "$f" ] || [ ! -e "$f" ] || cat "$f" >>"$roots"
	done
fi

for f; do
	# What is signed already would be signed beside: a file is signed once.
	osslsigncode remove-signature -in "$f" -out "$f.bare" >/dev/null 2>&1 && mv "$f.bare" "$f"
	rm -f "$f.bare" "$f.signed"
	said=$(osslsigncode sign -pkcs12 "$certificate" -readpass "$password" -h sha256 -n Parley -time "$SOURCE_DATE_EPOCH" \
		${stamp:+-ts "$stamp"} -in "$f" -out "$f.signed" 2>&1) || { echo "sign.sh: $f: $said" >&2; exit 1; }
	said=$(osslsigncode verify -CAfile "$roots" ${stamp:+-TSA-CAfile "$roots"} -in "$f.signed" 2>&1) ||
		{ echo "sign.sh: $f: $said" >&2; exit 1; }
	mv "$f.signed" "$f"
done
