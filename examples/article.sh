#!/bin/sh
# The commands of "Restrict access to a container registry using a service endpoint in an Azure virtual network", in the
# article's order, save those that are typed in the running virtual machine. Before it, in the same shell:
#   eval "$(npx --no seawall env)"
set -eu

RESOURCE_GROUP=${RESOURCE_GROUP:-myResourceGroup}
REGISTRY_LOCATION=${REGISTRY_LOCATION:-westeurope}
REGISTRY=${REGISTRY:-mycontainerregistry}
VM_NAME=${VM_NAME:-myDockerVM}
VNET=${VM_NAME}VNET
SUBNET=${VM_NAME}Subnet

step() { printf '\n$ %s\n' "$*"; "$@"; }

step az provider register --namespace Microsoft.ContainerRegistry
step az group create --name "$RESOURCE_GROUP" --location "$REGISTRY_LOCATION"
step az acr create --resource-group "$RESOURCE_GROUP" --name "$REGISTRY" --sku Premium
# Makes the network, a public address and keys in ~/.ssh, too.
step az vm create --resource-group "$RESOURCE_GROUP" --name "$VM_NAME" --image Ubuntu2204 --admin-username azureuser \
  --generate-ssh-keys

step az network vnet list --resource-group "$RESOURCE_GROUP" --query "[].{Name: name, Subnet: subnets[0].name}"
step az network vnet subnet update --name "$SUBNET" --vnet-name "$VNET" --resource-group "$RESOURCE_GROUP" \
  --service-endpoints Microsoft.ContainerRegistry
SUBNET_ID=$(az network vnet subnet show --name "$SUBNET" --vnet-name "$VNET" --resource-group "$RESOURCE_GROUP" \
  --query id --output tsv)
echo "$SUBNET_ID"

step az acr update --name "$REGISTRY" --default-action Deny
step az acr network-rule add --name "$REGISTRY" --subnet "$SUBNET_ID"

step az acr network-rule list --name "$REGISTRY"
step az acr network-rule remove --name "$REGISTRY" --subnet "$SUBNET_ID"
step az acr update --name "$REGISTRY" --default-action Allow

if [ "${KEEP:-}" = "" ]; then step az group delete --name "$RESOURCE_GROUP" --yes; fi
