#!/usr/bin/env bash
# Walks the article "Restrict access to a container registry using a service endpoint in an Azure virtual network" from
# top to bottom on real packets: az, dockerd in the hosts' networks, and skopeo. Needs root, az, docker, dockerd, skopeo.
# Its registry is named ….azurecr.io within the lab alone: the machine resolves and reaches the real one as before.
# shellcheck source=../stage.sh
source "$(cd "$(dirname "$0")" && pwd)/../stage.sh"
RESOURCE_GROUP=myResourceGroup
REGISTRY=mycontainerregistry
LOGIN=$REGISTRY.azurecr.io

echo '== A machine, and az on it'
start_server
first="$(az account show --query id --output tsv)"
shown az group create --name $RESOURCE_GROUP --location westeurope --output none
shown az acr create --resource-group $RESOURCE_GROUP --name $REGISTRY --sku Premium --admin-enabled true --output none

echo; echo '== Create a Docker-enabled virtual machine'
VM_NAME=myDockerVM
shown az vm create --resource-group $RESOURCE_GROUP --name $VM_NAME --image Ubuntu2204 --admin-username azureuser --generate-ssh-keys --output none
echo; echo '== and another one, in a network of another subscription'
second="$("${seawall[@]}" subscription create Second --json | node -pe 'JSON.parse(require("fs").readFileSync(0, "utf8")).subscriptionId')"
eval "$("${seawall[@]}" env)"
shown az account set --subscription "$second"
shown az provider register --namespace Microsoft.ContainerRegistry
shown az group create --name otherGroup --location westeurope --output none
shown az vm create --resource-group otherGroup --name otherVM --image Ubuntu2204 --admin-username azureuser --generate-ssh-keys --output none
shown az account set --subscription "$first"
shown_seawall lab list
dockerd_on mydockervm
dockerd_on othervm

echo; echo '== An image in the registry'
USER_NAME=$REGISTRY
PASSWORD="$(az acr credential show --name $REGISTRY --query 'passwords[0].value' --output tsv)"
printf 'Hello from Docker!\n' >"$work/hello"
tar -C "$work" -cf "$work/hello.tar" hello
on mydockervm docker import "$work/hello.tar" $LOGIN/hello-world:v1 >/dev/null
on mydockervm docker login --username $USER_NAME --password-stdin $LOGIN <<<"$PASSWORD"
shown_on mydockervm docker push $LOGIN/hello-world:v1
on mydockervm docker rmi $LOGIN/hello-world:v1 >/dev/null

echo; echo '== Configure network access for registry'
shown az network vnet list --resource-group $RESOURCE_GROUP --query '[].{Name: name, Subnet: subnets[0].name}' | tee "$work/list"
diff <(node -pe 'JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")))' <"$work/list") - <<<'[{"Name":"myDockerVMVNET","Subnet":"myDockerVMSubnet"}]'
shown az network vnet subnet update --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group $RESOURCE_GROUP --service-endpoints Microsoft.ContainerRegistry --output none
subnet="$(shown az network vnet subnet show --name myDockerVMSubnet --vnet-name myDockerVMVNET --resource-group $RESOURCE_GROUP --query id --output tsv)"
printf '%s\n' "$subnet"
shown az acr update --name $REGISTRY --default-action Deny --output none
refused_with "login attempt to https://$LOGIN/v2/ failed with status: 403 Forbidden" mydockervm docker login --username $USER_NAME --password "$PASSWORD" $LOGIN
shown az acr network-rule add --name $REGISTRY --subnet "$subnet" --output none

echo; echo '== Verify access to the registry'
shown_on mydockervm az acr login --name $REGISTRY
shown_on mydockervm docker pull $LOGIN/hello-world:v1
shown_on mydockervm skopeo inspect --creds "$USER_NAME:$PASSWORD" --format '{{.Digest}}' docker://$LOGIN/hello-world:v1
refused_with "Error response from daemon: login attempt to https://$LOGIN/v2/ failed with status: 403 Forbidden" othervm docker login --username $USER_NAME --password "$PASSWORD" $LOGIN
refused_with 'is not allowed access. Refer https://aka.ms/acr/firewall to grant access.' othervm docker pull $LOGIN/hello-world:v1
refused_with "Looks like you don't have access to registry '$LOGIN'" othervm az acr login --name $REGISTRY
refused_with 'invalid status code from registry 403 (Forbidden)' othervm skopeo inspect --creds "$USER_NAME:$PASSWORD" docker://$LOGIN/hello-world:v1
shown_seawall denials --registry $REGISTRY --most 3

echo; echo '== A dedicated data endpoint, for clients behind a firewall of their own'
shown az acr update --name $REGISTRY --data-endpoint-enabled --output none
shown az acr show-endpoints --name $REGISTRY
on mydockervm docker rmi $LOGIN/hello-world:v1 >/dev/null
shown_on mydockervm docker pull $LOGIN/hello-world:v1

echo; echo '== Restore default registry access'
shown az acr network-rule list --name $REGISTRY
shown az acr network-rule remove --name $REGISTRY --subnet "$subnet" --output none
refused_with '403 Forbidden' mydockervm docker login --username $USER_NAME --password "$PASSWORD" $LOGIN
shown az acr update --name $REGISTRY --default-action Allow --output none
shown_on othervm docker login --username $USER_NAME --password-stdin $LOGIN <<<"$PASSWORD"

echo; echo '== Clean up resources'
shown az group delete --name otherGroup --yes --subscription "$second"
shown az group delete --name $RESOURCE_GROUP --yes
stop_server
echo; echo "walk: every step did what the article says (${SECONDS} s)"
