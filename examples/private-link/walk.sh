#!/usr/bin/env bash
# Walks "Connect privately to an Azure container registry using Azure Private Link", the next step of the article, on real packets:
# az, dockerd in the hosts' networks. A hub with the private endpoint, and a spoke that pulls through it. Needs root, az, docker,
# dockerd.
# shellcheck source=../stage.sh
source "$(cd "$(dirname "$0")" && pwd)/../stage.sh"
RESOURCE_GROUP=myResourceGroup
REGISTRY=mycontainerregistry
LOGIN=$REGISTRY.azurecr.io
ZONE=privatelink.azurecr.io

echo '== A registry, a hub, a spoke that is peered with it, and a network apart'
start_server
shown az group create --name $RESOURCE_GROUP --location westeurope --output none
shown az acr create --resource-group $RESOURCE_GROUP --name $REGISTRY --sku Premium --admin-enabled true --output none
number=0
for name in hub spoke apart; do
  shown az network vnet create --resource-group $RESOURCE_GROUP --name $name --address-prefixes 10.$number.0.0/16 --subnet-name one --subnet-prefixes 10.$number.0.0/24 --output none
  subnet="$(az network vnet subnet show --resource-group $RESOURCE_GROUP --vnet-name $name --name one --query id --output tsv)"
  shown_seawall lab host "host-$name" --subnet "$subnet"
  number=$((number + 1))
done
shown az network vnet peering create --resource-group $RESOURCE_GROUP --name to-spoke --vnet-name hub --remote-vnet spoke --allow-vnet-access --output none
shown az network vnet peering create --resource-group $RESOURCE_GROUP --name to-hub --vnet-name spoke --remote-vnet hub --allow-vnet-access --output none
for host in host-hub host-spoke host-apart; do dockerd_on $host; done
PASSWORD="$(az acr credential show --name $REGISTRY --query 'passwords[0].value' --output tsv)"
login() { on "$1" docker login --username $REGISTRY --password-stdin $LOGIN <<<"$PASSWORD" 2>&1; }
printf 'Hello from Docker!\n' >"$work/hello"
tar -C "$work" -cf "$work/hello.tar" hello
on host-hub docker import "$work/hello.tar" $LOGIN/hello-world:v1 >/dev/null
login host-hub
shown_on host-hub docker push $LOGIN/hello-world:v1
on host-hub docker rmi $LOGIN/hello-world:v1 >/dev/null

echo; echo '== Configure network access: disable network policies in the subnet, and a private DNS zone for both networks'
shown az network vnet subnet update --name one --vnet-name hub --resource-group $RESOURCE_GROUP --disable-private-endpoint-network-policies --output none
shown az network private-dns zone create --resource-group $RESOURCE_GROUP --name $ZONE --output none
for name in hub spoke; do
  shown az network private-dns link vnet create --resource-group $RESOURCE_GROUP --zone-name $ZONE --name "link-$name" --virtual-network $name --registration-enabled false --output none
done

echo; echo '== Create a private endpoint for the registry'
REGISTRY_ID="$(shown az acr show --name $REGISTRY --query id --output tsv)"
shown az network private-endpoint create --name myPrivateEndpoint --resource-group $RESOURCE_GROUP --vnet-name hub --subnet one --private-connection-resource-id "$REGISTRY_ID" --group-ids registry --connection-name myConnection --output none
shown az network private-endpoint dns-zone-group create --resource-group $RESOURCE_GROUP --endpoint-name myPrivateEndpoint --name default --private-dns-zone $ZONE --zone-name registry --output none
PRIVATE="$(shown az network private-dns record-set a show --resource-group $RESOURCE_GROUP --zone-name $ZONE --name $REGISTRY --query 'aRecords[0].ipv4Address' --output tsv)"
printf '%s\n' "$PRIVATE"

echo; echo '== Disable public access'
shown az acr update --name $REGISTRY --public-network-enabled false --output none

echo; echo '== Verify private link connection'
printed "$PRIVATE" shown_on host-hub getent ahostsv4 $LOGIN
printed "$PRIVATE" shown_on host-spoke getent ahostsv4 $LOGIN
for host in host-hub host-spoke; do
  printed 'Login Succeeded' login $host
  printed 'Downloaded newer image' shown_on $host docker pull $LOGIN/hello-world:v1
done
printed hello-world shown_on host-hub az acr repository list --name $REGISTRY --output tsv
refused_with "login attempt to https://$LOGIN/v2/ failed with status: 403 Forbidden" host-apart docker login --username $REGISTRY --password "$PASSWORD" $LOGIN
refused_with 'is not allowed access. Refer https://aka.ms/acr/firewall to grant access.' host-apart docker pull $LOGIN/hello-world:v1
refused_with "Looks like you don't have access to registry '$LOGIN'" host-apart az acr repository list --name $REGISTRY

echo; echo '== Manage private endpoint connections'
CONNECTION="$(shown az acr private-endpoint-connection list --registry-name $REGISTRY --query '[0].name' --output tsv)"
printed Approved shown az acr private-endpoint-connection show --registry-name $REGISTRY --name "$CONNECTION" --query privateLinkServiceConnectionState.status --output tsv
printed Rejected shown az acr private-endpoint-connection reject --registry-name $REGISTRY --name "$CONNECTION" --query privateLinkServiceConnectionState.status --output tsv
refused_with '403 Forbidden' host-hub docker login --username $REGISTRY --password "$PASSWORD" $LOGIN
shown_seawall explain --registry $REGISTRY --from host-hub
printed Approved shown az acr private-endpoint-connection approve --registry-name $REGISTRY --name "$CONNECTION" --query privateLinkServiceConnectionState.status --output tsv
printed 'Login Succeeded' login host-hub
shown_seawall denials --registry $REGISTRY --reason public-access-disabled --most 2

echo; echo '== Clean up resources'
shown az group delete --name $RESOURCE_GROUP --yes
stop_server
echo; echo "walk: every step did what the article says (${SECONDS} s)"
