/** The capabilities that machines keep, each with what needs it; everything else is dropped before their first process starts. */
export const KEPT_CAPABILITIES: Readonly<Record<string, string>> = {
  audit_write: 'sudo and sshd log who signs in',
  chown: 'package installs',
  dac_override: 'package installs, as root',
  fowner: 'package installs',
  fsetid: 'package installs',
  kill: 'root ends processes of others',
  mknod: "docker makes its containers' /dev",
  net_admin: "docker's bridge and NAT, in the machine's own network",
  net_bind_service: 'ports below 1024',
  net_raw: 'ping',
  setfcap: 'files of packages that have capabilities',
  setgid: 'signing in, sudo',
  setpcap: 'docker drops what its containers must not have',
  setuid: 'signing in, sudo',
  sys_admin: "mounts and namespaces: the machine's own, and docker's",
  sys_chroot: "sshd's own jail, package installs",
  sys_ptrace: 'docker looks into the namespaces of containers of other users',
};

/** As `setpriv` takes them: none but these. */
export function boundingSet(): string {
  return ['-all', ...Object.keys(KEPT_CAPABILITIES).map((name) => `+${name}`)].join(',');
}
