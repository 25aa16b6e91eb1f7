/** The names under which an installation is reached, all made from `DOMAIN`. */
export type Hosts = {
  /** `medforge.<DOMAIN>` */
  web: string
  /** `api.medforge.<DOMAIN>` */
  api: string
  /** `https://medforge.<DOMAIN>`, the one origin that may read answers with credentials. */
  webOrigin: string
}

export function hostsOf(domain: string): Hosts {
  const web = `medforge.${domain}`
  return { web, api: `api.${web}`, webOrigin: `https://${web}` }
}
