#!/bin/sh
# Makes what compose.yaml asks for under docker/secrets: three random secrets, and certificates.
#
#   sh docker/secrets.sh [NAME]       # of the centre, or its IPv4 address: centre.streetcase.internal
#
# What is there already stays as it is, so it may be run again. Needs openssl 1.1.1 or newer.
# Certificates of your own: put them into docker/secrets as tls.crt (with its chain) and tls.key,
# and the authority that boxes shall trust as ca.crt, before or instead of running this.
set -eu

name="${1:-centre.streetcase.internal}"
folder="$(dirname "$0")/secrets"

# Containers read these files as users of their own, so the files are readable and the folder is
# not: nobody else on this machine gets past it.
umask 077
mkdir -p "$folder"
cd "$folder"
printf '*\n' > .gitignore

secret() {
  [ -s "$1" ] || { openssl rand -hex 20 > "$1.part" && chmod 444 "$1.part" && mv "$1.part" "$1"; }
}
secret session_secret
secret database_password
secret store_secret

authority() {
  openssl ecparam -genkey -name prime256v1 -noout -out ca.key
  openssl req -new -x509 -key ca.key -sha256 -days 3650 -subj "/CN=Streetcase of $name" \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -out ca.crt
  chmod 444 ca.crt
}

certificate() {
  case "$name" in
    *[!0-9.]*) kind=DNS ;;
    *) kind=IP ;;
  esac
  openssl ecparam -genkey -name prime256v1 -noout -out tls.key
  openssl req -new -key tls.key -subj "/CN=$name" -out tls.csr
  cat > tls.extensions << EXTENSIONS
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $kind:$name
authorityKeyIdentifier = keyid
EXTENSIONS
  # 825 days: the most that browsers take from an authority of one's own.
  openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 \
    -extfile tls.extensions -out tls.crt 2> /dev/null
  chmod 444 tls.crt tls.key
  rm -f tls.csr tls.extensions ca.srl
}

if [ ! -s tls.crt ] && [ ! -s tls.key ]; then
  [ -s ca.crt ] || authority
  [ -s ca.key ] || { echo "ca.crt is there without ca.key: put tls.crt and tls.key beside it" >&2; exit 1; }
  certificate
fi
for needed in tls.crt tls.key ca.crt; do
  [ -s "$needed" ] || { echo "$needed is missing in $folder" >&2; exit 1; }
done
echo "$folder has what compose.yaml asks for; back it up, and give it to nobody. Name: $name"
