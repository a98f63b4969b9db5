#!/bin/bash
# The first process of a machine: makes its root, moves into it, sets it up at the first start, and gives way to what it
# is for. Descriptor 3 is told `ready`, or what went wrong; everything else that is said goes to the machine's log.
set -Eeuo pipefail
trap 'echo "${step:-the start} failed: $BASH_COMMAND ended with $?" >&3' ERR
umask 022
# The number that this process has outside: /proc is still the one there.
read -r pid _ </proc/self/stat
echo "pid $pid" >&3
root=$SEAWALL_DISK/root

step='making the root'
mount -t overlay overlay -o "lowerdir=$SEAWALL_BASE,upperdir=$SEAWALL_DISK/up,workdir=$SEAWALL_DISK/work" "$root"
mkdir -p "$root"/{proc,sys,dev,run,tmp,mnt,root,home} "$root"/var/lib/{docker,containerd}
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# What is of the whole machine may be read; what is of the own network may be set.
mount -t proc proc "$root/mnt"
for name in sys sysrq-trigger irq bus fs; do
  [ -e "$root/proc/$name" ] || continue
  mount --bind "$root/proc/$name" "$root/proc/$name"
  mount -o remount,bind,ro "$root/proc/$name"
done
mount --bind "$root/mnt/sys/net" "$root/proc/sys/net"
umount "$root/mnt"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t tmpfs -o nosuid,noexec,mode=755,size=64k tmpfs "$root/dev"
while read -r name mode major minor; do
  mknod -m "$mode" "$root/dev/$name" c "$major" "$minor"
done <<'NODES'
null 666 1 3
zero 666 1 5
full 666 1 7
random 666 1 8
urandom 666 1 9
tty 666 5 0
NODES
mkdir "$root"/dev/{pts,shm,mqueue,net}
mknod -m 666 "$root/dev/net/tun" c 10 200
mount -t devpts -o newinstance,nosuid,noexec,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
mount -t mqueue -o nosuid,nodev,noexec mqueue "$root/dev/mqueue"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for one in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${one%%:*}" "$root/dev/${one#*:}"; done
for name in kcore keys timer_list kmsg sched_debug; do
  [ ! -e "$root/proc/$name" ] || mount --bind "$root/dev/null" "$root/proc/$name"
done
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs "$root/run"
mkdir -p "$root"/run/{sshd,lock}
chmod 1777 "$root/run/lock"
for name in docker containerd; do mount --bind "$SEAWALL_DISK/$name" "$root/var/lib/$name"; done

step='mounting cgroups'
version=v2
while read -r point type options; do
  if [ "$point" != /sys/fs/cgroup ] && [ "$version" = v2 ]; then
    mount -t tmpfs -o nosuid,nodev,noexec,mode=755 tmpfs "$root/sys/fs/cgroup"
    version=v1
  fi
  mkdir -p "$root$point"
  if [ "$type" = cgroup2 ]; then mount -t cgroup2 cgroup2 "$root$point"; else mount -t cgroup -o "$options" cgroup "$root$point"; fi
  # Controllers that are mounted together are known by each of their names.
  case ${point##*/} in *,*) for name in ${point//,/ }; do ln -sfn "${point##*/}" "$root/sys/fs/cgroup/${name##*/}"; done ;; esac
done <<<"$SEAWALL_CGROUPS"
if [ "$version" = v2 ] && [ -n "$SEAWALL_CGROUPS" ]; then
  # A cgroup that has children with controllers has no processes of its own.
  mkdir -p "$root/sys/fs/cgroup/init"
  echo $$ >"$root/sys/fs/cgroup/init/cgroup.procs"
  for name in $(cat "$root/sys/fs/cgroup/cgroup.controllers"); do
    echo "+$name" >"$root/sys/fs/cgroup/cgroup.subtree_control" || true
  done
fi

step='moving into the root'
printf '%s' "$SEAWALL_HOSTNAME" >/proc/sys/kernel/hostname
cd "$root"
exec {seed}<"$SEAWALL_DISK"
pivot_root . .
umount -l .
cd /
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
hash -r
chmod 1777 /tmp
find /tmp -mindepth 1 -delete

if [ "$SEAWALL_FIRST" = yes ]; then
  step='setting up the host'
  # By the open folder alone: the disk is in no place that can be named from here.
  cp -a --remove-destination "/proc/self/fd/$seed/seed/." /
  printf '%s\n' "$SEAWALL_HOSTNAME" >/etc/hostname
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$SEAWALL_HOSTNAME" >/etc/hosts
  rm -f /etc/resolv.conf
  printf 'nameserver 168.63.129.16\noptions timeout:2\n' >/etc/resolv.conf
  certificate=/usr/local/share/ca-certificates/seawall.crt
  if [ -e "$certificate" ] && [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    # What update-ca-certificates would do in a second, for one certificate.
    ln -sfn "$certificate" /etc/ssl/certs/seawall.pem
    ln -sfn seawall.pem "/etc/ssl/certs/$(openssl x509 -in "$certificate" -noout -subject_hash).0"
    cat "$certificate" >>/etc/ssl/certs/ca-certificates.crt
  fi
  files=$(ulimit -Hn)
  if [ "$files" != unlimited ] && ((files < 1048576)) && [ ! -e /etc/default/docker ]; then
    # Where nobody may open as many files, docker's service would not start for having asked.
    printf 'ulimit() { command ulimit "$@" 2>/dev/null || :; }\n' >/etc/default/docker
    printf 'DPkg::Options { "--force-confdef"; "--force-confold"; };\n' >/etc/apt/apt.conf.d/91seawall
  fi
  if [ -n "$SEAWALL_ADMIN" ]; then
    id "$SEAWALL_ADMIN" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash --password '*' "$SEAWALL_ADMIN"
    install -d -m 700 -o "$SEAWALL_ADMIN" -g "$SEAWALL_ADMIN" "/home/$SEAWALL_ADMIN/.ssh"
    printf '%s\n' "$SEAWALL_KEYS" >"/home/$SEAWALL_ADMIN/.ssh/authorized_keys"
    chown "$SEAWALL_ADMIN:" "/home/$SEAWALL_ADMIN/.ssh/authorized_keys"
    chmod 600 "/home/$SEAWALL_ADMIN/.ssh/authorized_keys"
    printf '%s ALL=(ALL) NOPASSWD:ALL\nDefaults env_keep += "REQUESTS_CA_BUNDLE"\n' "$SEAWALL_ADMIN" >/etc/sudoers.d/90-seawall
    chmod 440 /etc/sudoers.d/90-seawall
    while IFS= read -r path; do [ -z "$path" ] || chown -h "$SEAWALL_ADMIN:" "$path"; done <<<"$SEAWALL_ADMIN_FILES"
    rm -f /etc/ssh/ssh_host_*
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
  fi
  : >"/proc/self/fd/$seed/set-up"
fi
exec {seed}<&-

step='starting what the host is for'
# Packages ask whether they may start their services, and for the runlevel: it is 2, as the services below are of rc2.d.
{
  printf '\1\0\0\0002N\0\0~'
  head -c 31 /dev/zero
  printf '~~\0\0runlevel'
  head -c 332 /dev/zero
} >/run/utmp
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 104\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
fi
[ -e /sbin/runlevel ] || { printf '#!/bin/sh\necho N 2\n' >/sbin/runlevel && chmod 755 /sbin/runlevel; }
for service in /etc/rc2.d/S*; do
  case $service in *'*' | *ssh) ;; *) "$service" start </dev/null 3>&- & ;; esac
done
if [ -n "$SEAWALL_ADMIN" ]; then
  [ -x /usr/sbin/sshd ] || { echo 'the image has no /usr/sbin/sshd' >&3; exit 1; }
  set -- /usr/sbin/sshd -D -e -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o PermitRootLogin=no \
    -o UsePAM=no -o 'SetEnv=REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt'
  (
    trap - ERR
    for _ in {1..1500}; do
      line=
      if { exec 4<>/dev/tcp/127.0.0.1/22; } 2>/dev/null && IFS= read -r -t 5 line <&4 && [[ $line == SSH-* ]]; then
        echo ready >&3
        exit
      fi
      sleep 0.02
    done
    echo 'its ssh server did not answer within 30 s' >&3
  ) &
  restart=always
else
  words=()
  while IFS= read -r word; do words+=("$(base64 -d <<<"$word")"); done <<<"$SEAWALL_COMMAND"
  given=()
  while IFS= read -r word; do [ -z "$word" ] || given+=("$(base64 -d <<<"$word")"); done <<<"$SEAWALL_ENVIRONMENT"
  cd "$SEAWALL_FOLDER"
  [ "$SEAWALL_USER" = root ] && as=() || as=(setpriv --reuid "$SEAWALL_USER" --regid "$SEAWALL_USER" --init-groups --)
  set -- env -i "PATH=$PATH" "${given[@]}" "${as[@]}" "${words[@]}"
  echo ready >&3
  restart=$SEAWALL_RESTART
fi
exec 3>&-
unset "${!SEAWALL_@}" pid step root name mode major minor point type options version seed certificate path service one files words word given as
exec /bin/sh -c '
restart=$1; shift
others() {
  for stat in /proc/[0-9]*/stat; do
    read -r line 2>/dev/null <"$stat" || continue
    case $line in "1 ("* | *") Z "*) ;; *) return 0 ;; esac
  done
  return 1
}
over() {
  trap - TERM
  kill -s TERM -- -1
  i=0
  while [ $i -lt 80 ] && others; do i=$((i + 1)); sleep 0.1; done
  exit 0
}
trap over TERM
while :; do
  "$@" & main=$!
  wait $main; code=$?
  case $restart in
    always) sleep 1 ;;
    on-failure) [ $code -ne 0 ] || exit 0; sleep 1 ;;
    *) exit $code ;;
  esac
done' init "$restart" "$@"
