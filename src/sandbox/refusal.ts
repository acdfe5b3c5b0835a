/** A refusal by the API: thrown where the mistake is found, answered as JSON at the door. */
import { STATUS_CODES } from 'node:http'
import { type Answer, json } from './http.js'
import { newId } from './new-id.js'

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export function refusalAnswer({ status, message }: Refusal): Answer {
  return json(status, { statusCode: status, error: STATUS_CODES[status], message, traceId: newId('trace') })
}
