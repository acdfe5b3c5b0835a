/** Where the API is, and which project of it. */
import { isId } from '../core/ids.js'
import { isSecure } from '../core/loopback.js'
import { UploadError } from '../errors.js'

export const defaultApiUrl = 'https://api.cloud.scenario.com/v1'

/** The address as it is used: as given, but for slashes at the end. Throws ERR_USAGE for one that cannot be used. */
export function checkApiUrl(text: string = defaultApiUrl): string {
  const wrong = (why: string) =>
    new UploadError('ERR_USAGE', `the address of the API (--api-url, SCENARIO_BASE_URL) ${why}`, {
      hint: `Leave it out, or give it in the form of the default: ${defaultApiUrl}.`,
    })
  if (!URL.canParse(text)) throw wrong('is not a URL')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('is not an https address')
  if (url.username !== '' || url.password !== '') throw wrong('must not hold a user name or password')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) throw wrong('must not have a query or fragment')
  if (!isSecure(url)) throw wrong(`must be https: http is for this machine alone, not for ${url.host}`)
  return url.href.replace(/\/+$/, '')
}

/** Whether the address ends as that of a Scenario API usually does. */
export const isUsual = (apiUrl: string) => /\/v1\/?$/.test(apiUrl)

/** Throws ERR_USAGE for what cannot be the id of a project. */
export function checkProject(id: string | undefined): void {
  if (id === undefined || (typeof id === 'string' && isId(id))) return
  throw new UploadError('ERR_USAGE', 'that is not the id of a project (--project, SCENARIO_PROJECT_ID)', {
    hint: 'Give an id like proj_AbC123: letters, digits, and _ . : -',
  })
}
