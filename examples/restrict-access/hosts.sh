#!/usr/bin/env bash
# The article "Restrict access to a container registry using a service endpoint in an Azure virtual network" in hosts one
# signs in to by ssh, with its commands as they are typed there, from az vm create to az group delete. Needs root, az, ssh,
# a base image (seawall lab image), and a way to the packages of its distribution; takes minutes, as packages are installed.
# shellcheck source=../stage.sh
source "$(cd "$(dirname "$0")" && pwd)/../stage.sh"
RESOURCE_GROUP=myResourceGroup
REGISTRY_LOCATION=westeurope
REGISTRY=mycontainerregistry
LOGIN=$REGISTRY.azurecr.io
# Keys are those that az generates in the home of this walk.
cat >"$work/ssh" <<CONFIG
Host *
  IdentityFile $HOME/.ssh/id_rsa
  UserKnownHostsFile $work/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
CONFIG
# Types a command in a host, and shows what it prints.
in_host() { printf '\nazureuser@%s:~$ %s\n' "$1" "$2" >&2; ssh -F "$work/ssh" "azureuser@$1" "$2" </dev/null; }
# The same at a terminal.
at_terminal() { printf '\nazureuser@%s:~$ %s\n' "$1" "$2" >&2; ssh -tt -F "$work/ssh" "azureuser@$1" "$2" </dev/null | tr -d '\r'; }
# What must be refused there, with this text.
refused_in() {
  local said
  if said="$(in_host "$2" "$3" 2>&1)"; then echo "walk: was not refused: $3" >&2; return 1; fi
  printf '%s\n' "$said"
  grep -qF -- "$1" <<<"$said" || { echo "walk: expected: $1" >&2; return 1; }
}
# Packages come over a network.
patiently() { "$@" || "$@" || "$@"; }

echo '== A machine, and az on it'
start_server
shown az group create --name $RESOURCE_GROUP --location $REGISTRY_LOCATION --output none
shown az acr create --resource-group $RESOURCE_GROUP --name $REGISTRY --sku Premium --admin-enabled true --output none

echo; echo '== Create a Docker-enabled virtual machine'
VM_NAME=myDockerVM
shown az vm create --resource-group $RESOURCE_GROUP --name $VM_NAME --image Ubuntu2204 --admin-username azureuser --generate-ssh-keys | tee "$work/vm"
publicIpAddress="$(node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8")).publicIpAddress' <"$work/vm")"
shown az vm list-ip-addresses --resource-group $RESOURCE_GROUP --output table
shown az vm show --show-details --resource-group $RESOURCE_GROUP --name $VM_NAME --query powerState --output tsv | tee "$work/power"
grep -qx 'VM running' "$work/power"
in_host "$publicIpAddress" hostname | grep -x $VM_NAME
# Another host without a rule, in a network of its own.
shown az group create --name otherGroup --location $REGISTRY_LOCATION --output none
other="$(shown az vm create --resource-group otherGroup --name otherVM --image Ubuntu2204 --admin-username azureuser --generate-ssh-keys --query publicIpAddress --output tsv)"
{ patiently in_host "$other" 'sudo apt-get update' && patiently in_host "$other" 'sudo apt install docker.io -y --no-install-recommends'; } >"$work/other" 2>&1 &
other_docker=$!

echo; echo '== Install Docker on the VM'
patiently in_host "$publicIpAddress" 'sudo apt-get update'
patiently in_host "$publicIpAddress" 'sudo apt install docker.io -y'
at_terminal "$publicIpAddress" 'sudo docker run -it hello-world' | tee "$work/hello"
grep -q 'Hello from Docker!' "$work/hello"
grep -q 'This message shows that your installation appears to be working correctly.' "$work/hello"

echo; echo '== Install the Azure CLI'
patiently in_host "$publicIpAddress" 'curl -sL https://aka.ms/InstallAzureCLIDeb | sudo bash'
registry="$(az acr show --name $REGISTRY --query id --output tsv)"
shown az vm identity assign --resource-group $RESOURCE_GROUP --name $VM_NAME --role AcrPush --scope "$registry" --output none
in_host "$publicIpAddress" 'sudo az login --identity --output table'

echo; echo '== An image in the registry'
USER_NAME=$REGISTRY
PASSWORD="$(az acr credential show --name $REGISTRY --query 'passwords[0].value' --output tsv)"
in_host "$publicIpAddress" "sudo az acr login --name $REGISTRY"
in_host "$publicIpAddress" "sudo docker tag hello-world $LOGIN/hello-world:v1"
in_host "$publicIpAddress" "sudo docker push $LOGIN/hello-world:v1"
in_host "$publicIpAddress" "sudo docker rmi --force $LOGIN/hello-world:v1 hello-world"

echo; echo '== Configure network access for registry'
shown az network vnet list --resource-group $RESOURCE_GROUP --query '[].{Name: name, Subnet: subnets[0].name}' | tee "$work/list"
diff <(node -pe 'JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")))' <"$work/list") - <<<'[{"Name":"myDockerVMVNET","Subnet":"myDockerVMSubnet"}]'
shown az network vnet subnet update --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group $RESOURCE_GROUP --service-endpoints Microsoft.ContainerRegistry --output none
subnet="$(shown az network vnet subnet show --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group $RESOURCE_GROUP --query id --output tsv)"
printf '%s\n' "$subnet"
shown az acr update --name $REGISTRY --default-action Deny --output none
refused_in "Looks like you don't have access to registry '$LOGIN'" "$publicIpAddress" "sudo az acr login --name $REGISTRY"
shown az acr network-rule add --name $REGISTRY --subnet "$subnet" --output none

echo; echo '== Verify access to the registry'
in_host "$publicIpAddress" "sudo az acr login --name $REGISTRY"
in_host "$publicIpAddress" "sudo docker pull $LOGIN/hello-world:v1"
wait $other_docker || { cat "$work/other" >&2; exit 1; }
refused_in "Error response from daemon: login attempt to https://$LOGIN/v2/ failed with status: 403 Forbidden" "$other" "sudo docker login --username $USER_NAME --password $PASSWORD $LOGIN"
refused_in 'is not allowed access. Refer https://aka.ms/acr/firewall to grant access.' "$other" "sudo docker pull $LOGIN/hello-world:v1"
shown az vm run-command invoke --resource-group $RESOURCE_GROUP --name $VM_NAME --command-id RunShellScript --scripts "docker images $LOGIN/hello-world"

echo; echo '== Restore default registry access'
shown az acr network-rule list --name $REGISTRY
shown az acr network-rule remove --name $REGISTRY --subnet "$subnet" --output none
refused_in "Looks like you don't have access to registry '$LOGIN'" "$publicIpAddress" "sudo az acr login --name $REGISTRY"
shown az acr update --name $REGISTRY --default-action Allow --output none
in_host "$other" "sudo docker login --username $USER_NAME --password $PASSWORD $LOGIN"

echo; echo '== Clean up resources'
shown_seawall lab list --substitutions
shown az group delete --name otherGroup --yes
shown az group delete --name $RESOURCE_GROUP --yes
[ -z "$(ls "$SEAWALL_DATA/machines")" ]
stop_server
echo; echo "walk: every step did what the article says (${SECONDS} s)"
