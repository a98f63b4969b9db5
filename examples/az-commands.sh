#!/usr/bin/env bash
# The az commands that manage a registry and its network, one after another; a line for each says whether it worked.
# Before it, in the same shell:  eval "$(npx --no seawall env)"
# It makes a resource group (RESOURCE_GROUP) and removes it at the end; --json prints the results as JSON.
set -uo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
G=${RESOURCE_GROUP:-azCommands}
R=${REGISTRY:-azcommands}
LOCATION=${LOCATION:-westeurope}
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failed=0
results=()

# Runs a command and notes how it ended; its output is in $out.
try() {
  local said="${*/#$work/.}"
  if out="$("$@" 2>"$work/stderr")"; then
    printf 'ok      %s\n' "$said"
    results+=("ok"$'\t'"$said"$'\t')
  else
    failed=$((failed + 1))
    local why
    why="$(grep -v '^WARNING' "$work/stderr" | grep . | tail -n 1)"
    printf 'FAILED  %s\n        %s\n' "$said" "$why"
    results+=("failed"$'\t'"$said"$'\t'"$why")
  fi
}
id_of() { az "$@" --query id --output tsv 2>/dev/null; }

# Subscription and providers.
try az account show
try az account list
try az account list-locations
try az account get-access-token
try az cloud show
SUBSCRIPTION="$(id_of account show)"
try az account set --subscription "$SUBSCRIPTION"
try az provider list --output none
try az provider show --namespace Microsoft.ContainerRegistry
try az provider register --namespace Microsoft.ContainerRegistry
try az provider register --namespace Microsoft.Network --wait
try az provider operation show --namespace Microsoft.ContainerRegistry

# The group.
try az group create --name "$G" --location "$LOCATION"
try az group exists --name "$G"
try az group show --name "$G"
try az group list
try az group update --name "$G" --tags stage=test
try az tag list
try az tag create --resource-id "$(id_of group show --name "$G")" --tags team=a
try az tag list --resource-id "$(id_of group show --name "$G")"

# The registry.
try az acr check-name --name "$R"
try az acr create --resource-group "$G" --name "$R" --sku Premium
REGISTRY_ID="$(id_of acr show --name "$R")"
try az acr create --resource-group "$G" --name "${R}basic" --sku Basic --admin-enabled true
try az acr show --name "$R"
try az acr list
try az acr list --resource-group "$G"
try az acr show-usage --name "$R"
try az acr show-endpoints --name "$R"
try az acr update --name "$R" --admin-enabled true
try az acr update --name "$R" --anonymous-pull-enabled true
try az acr update --name "$R" --anonymous-pull-enabled false
try az acr update --name "$R" --data-endpoint-enabled true
try az acr update --name "$R" --allow-trusted-services true
try az acr update --name "${R}basic" --sku Standard
try az acr update --name "$R" --tags a=b
try az acr credential show --name "$R"
try az acr credential renew --name "$R" --password-name password2
try az acr config retention show --registry "$R"
try az acr config retention update --registry "$R" --status enabled --days 30 --type UntaggedManifests
try az acr config authentication-as-arm show --registry "$R"
try az acr config authentication-as-arm update --registry "$R" --status enabled
try az acr private-link-resource list --name "$R"
try az acr replication list --registry "$R"
try az acr scope-map create --registry "$R" --name readers --repository hello-world content/read metadata/read
try az acr scope-map list --registry "$R"
try az acr scope-map show --registry "$R" --name readers
try az acr scope-map update --registry "$R" --name readers --add-repository other content/read
try az acr token create --registry "$R" --name reader --scope-map readers
try az acr token list --registry "$R"
try az acr token show --registry "$R" --name reader
try az acr token update --registry "$R" --name reader --status disabled
try az acr token credential generate --registry "$R" --name reader --password1
try az acr token credential delete --registry "$R" --name reader --password1
try az acr token delete --registry "$R" --name reader --yes
try az acr scope-map delete --registry "$R" --name readers --yes
try az acr webhook create --registry "$R" --name hook1 --uri https://example.com/hook --actions push delete
try az acr webhook list --registry "$R"
try az acr webhook show --registry "$R" --name hook1
try az acr webhook get-config --registry "$R" --name hook1
try az acr webhook update --registry "$R" --name hook1 --status disabled
try az acr webhook ping --registry "$R" --name hook1
try az acr webhook list-events --registry "$R" --name hook1
try az acr webhook delete --registry "$R" --name hook1

# The article.
try az vm create --resource-group "$G" --name myDockerVM --image Ubuntu2204 --admin-username azureuser --generate-ssh-keys
try az vm list --resource-group "$G"
try az vm show --resource-group "$G" --name myDockerVM --show-details
try az vm list-sizes --location "$LOCATION"
try az vm image list --publisher Canonical --location "$LOCATION" --all --output none
try az network vnet list --resource-group "$G" --query '[].{Name: name, Subnet: subnets[0].name}'
try az network vnet subnet update --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group "$G" \
  --service-endpoints Microsoft.ContainerRegistry
try az network vnet subnet show --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group "$G" --query id
SUBNET_ID="$(id_of network vnet subnet show --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group "$G")"
try az acr update --name "$R" --default-action Deny
try az acr network-rule add --name "$R" --subnet "$SUBNET_ID"
try az acr network-rule add --name "$R" --ip-address 203.0.114.0/24
try az acr network-rule list --name "$R"
try az acr network-rule remove --name "$R" --ip-address 203.0.114.0/24
try az acr network-rule remove --name "$R" --subnet "$SUBNET_ID"
try az acr update --name "$R" --default-action Allow

# Networks.
try az network vnet create --resource-group "$G" --name v --address-prefixes 10.1.0.0/16 --subnet-name s --subnet-prefixes 10.1.0.0/24
try az network vnet show --resource-group "$G" --name v
try az network vnet update --resource-group "$G" --name v --add addressSpace.addressPrefixes 10.2.0.0/16
try az network vnet list-endpoint-services --location "$LOCATION"
try az network list-service-tags --location "$LOCATION" --output none
try az network vnet subnet create --resource-group "$G" --vnet-name v --name t --address-prefixes 10.1.1.0/24
try az network vnet check-ip-address --resource-group "$G" --name v --ip-address 10.1.0.4
try az network vnet subnet list --resource-group "$G" --vnet-name v
try az network vnet subnet update --resource-group "$G" --vnet-name v --name t --service-endpoints Microsoft.ContainerRegistry
try az network vnet subnet update --resource-group "$G" --vnet-name v --name t --remove serviceEndpoints
try az network vnet subnet delete --resource-group "$G" --vnet-name v --name t
try az network vnet create --resource-group "$G" --name w --address-prefixes 10.3.0.0/16
try az network vnet peering create --resource-group "$G" --name vw --vnet-name v --remote-vnet w --allow-vnet-access
try az network vnet peering create --resource-group "$G" --name wv --vnet-name w --remote-vnet v --allow-vnet-access
try az network vnet peering list --resource-group "$G" --vnet-name v
try az network vnet peering delete --resource-group "$G" --vnet-name v --name vw
try az network nsg create --resource-group "$G" --name n
try az network nsg rule create --resource-group "$G" --nsg-name n --name allowRegistries --priority 100 --direction Outbound \
  --destination-address-prefixes AzureContainerRegistry --destination-port-ranges 443 --protocol Tcp --access Allow
try az network nsg rule list --resource-group "$G" --nsg-name n
try az network nsg rule delete --resource-group "$G" --nsg-name n --name allowRegistries
try az network public-ip create --resource-group "$G" --name p --sku Standard
try az network public-ip show --resource-group "$G" --name p
try az network nic create --resource-group "$G" --name c --vnet-name v --subnet s --public-ip-address p --network-security-group n
try az network nic show --resource-group "$G" --name c
try az network nic list --resource-group "$G"

# A private endpoint with its names.
try az network private-endpoint create --resource-group "$G" --name pe --vnet-name v --subnet s --group-id registry \
  --private-connection-resource-id "$REGISTRY_ID" --connection-name one
try az network private-endpoint show --resource-group "$G" --name pe
try az network private-dns zone create --resource-group "$G" --name privatelink.azurecr.io
try az network private-dns link vnet create --resource-group "$G" --zone-name privatelink.azurecr.io --name l --virtual-network v \
  --registration-enabled false
try az network private-endpoint dns-zone-group create --resource-group "$G" --endpoint-name pe --name default \
  --private-dns-zone privatelink.azurecr.io --zone-name registry
try az network private-dns record-set a list --resource-group "$G" --zone-name privatelink.azurecr.io
try az network private-dns record-set list --resource-group "$G" --zone-name privatelink.azurecr.io
try az network private-dns record-set a add-record --resource-group "$G" --zone-name privatelink.azurecr.io --record-set-name own \
  --ipv4-address 10.1.0.9
try az network private-endpoint-connection list --id "$REGISTRY_ID"
try az acr private-endpoint-connection list --registry-name "$R"
CONNECTION="$(az acr private-endpoint-connection list --registry-name "$R" --query '[0].name' --output tsv 2>/dev/null)"
try az acr private-endpoint-connection show --registry-name "$R" --name "$CONNECTION"
try az acr private-endpoint-connection reject --registry-name "$R" --name "$CONNECTION"
try az acr private-endpoint-connection approve --registry-name "$R" --name "$CONNECTION"
try az acr update --name "$R" --public-network-enabled false
try az acr update --name "$R" --public-network-enabled true --default-action Allow
try az acr private-endpoint-connection delete --registry-name "$R" --name "$CONNECTION"
try az network private-endpoint delete --resource-group "$G" --name pe

# Roles, locks, principals.
try az role definition list --name AcrPull
try az ad sp create-for-rbac --name azCommands --role AcrPull --scopes "$REGISTRY_ID"
APP="$(az ad sp list --display-name azCommands --query '[0].appId' --output tsv 2>/dev/null)"
try az ad sp show --id "$APP"
try az role assignment create --assignee "$APP" --role Reader --scope "$REGISTRY_ID"
try az role assignment list --assignee "$APP" --all
try az role assignment delete --assignee "$APP" --role Reader --scope "$REGISTRY_ID"
try az ad sp delete --id "$APP"
try az lock create --name keep --lock-type CanNotDelete --resource-group "$G"
try az lock list --resource-group "$G"
try az lock delete --name keep --resource-group "$G"

# Deployments.
PARAMETERS=(--parameters registryName="${R}bytemplate" vmName=byTemplate adminPublicKey="$(cat ~/.ssh/id_rsa.pub)")
try az deployment group validate --resource-group "$G" --template-file "$here/article.json" "${PARAMETERS[@]}"
try az deployment group create --resource-group "$G" --name article --template-file "$here/article.json" "${PARAMETERS[@]}"
try az deployment group what-if --resource-group "$G" --template-file "$here/article.json" "${PARAMETERS[@]}" --no-pretty-print
if [ "$(jq -r '[.changes[].changeType] | unique | join(",")' <<<"$out" 2>/dev/null)" != NoChange ]; then
  printf 'FAILED  what-if after the deployment shows a change\n'
  failed=$((failed + 1))
fi
try az deployment group show --resource-group "$G" --name article
try az deployment group list --resource-group "$G"
try az deployment group export --resource-group "$G" --name article
try az deployment operation group list --resource-group "$G" --name article
try az deployment group delete --resource-group "$G" --name article
try az resource list --resource-group "$G"
try az resource show --ids "$REGISTRY_ID"
try az resource tag --ids "$REGISTRY_ID" --tags c=d --is-incremental
try az rest --method get --url "$REGISTRY_ID?api-version=2023-07-01"

# The content, with docker and a server whose names this machine resolves: LOGIN_SERVER is the registry's.
if [ "${LOGIN_SERVER:-}" != "" ]; then
  try az acr login --name "$R"
  try az acr login --name "$R" --expose-token
  tar -c -C "$here" article.json | docker import - "$LOGIN_SERVER/hello-world:v1" >/dev/null
  try docker push --quiet "$LOGIN_SERVER/hello-world:v1"
  try az acr check-health --name "$R" --ignore-errors --yes
  try az acr import --name "${R}basic" --source hello-world:v1 --registry "$REGISTRY_ID"
  try az acr repository list --name "$R"
  try az acr repository show --name "$R" --repository hello-world
  try az acr repository show-tags --name "$R" --repository hello-world --detail
  try az acr repository update --name "$R" --image hello-world:v1 --write-enabled false
  try az acr repository update --name "$R" --image hello-world:v1 --write-enabled true
  try az acr manifest list-metadata --registry "$R" --name hello-world
  try az acr repository untag --name "$R" --image hello-world:v1
  try az acr repository delete --name "$R" --repository hello-world --yes
fi

# And away again.
try az vm deallocate --resource-group "$G" --name myDockerVM
try az vm delete --resource-group "$G" --name myDockerVM --yes
try az acr delete --name "${R}basic" --yes
try az group delete --name "$G" --yes

if [ "${1:-}" = --json ]; then
  printf '%s\n' "${results[@]}" | jq --raw-input --slurp 'split("\n")[:-1] | map(split("\t") | {result: .[0], command: .[1], why: .[2]})'
fi
printf '%d commands, %d failed\n' "${#results[@]}" "$failed" >&2
exit $((failed > 0))
