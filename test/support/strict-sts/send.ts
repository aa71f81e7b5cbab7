/** Sends the response to a request, and applies the faults that concern sending. */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Outcome } from './service.ts'
import type { ServerState } from './state.ts'
import { renderAnswer } from './query-protocol.ts'
import { serverNow } from './state.ts'

type Page = { readonly status: number; readonly contentType: string; readonly body: Buffer }

const pageOf = (outcome: Outcome, requestId: string): Page | undefined => {
  const given = outcome.faults.find((fault) => fault.kind === 'answer')
  if (given !== undefined)
    return { status: given.status, contentType: given.contentType, body: Buffer.from(given.body) }
  if (outcome.answer === null) return undefined
  const body = Buffer.from(renderAnswer(outcome.service, outcome.operation, outcome.answer, requestId))
  return { status: outcome.answer.isOk ? 200 : outcome.answer.status, contentType: 'text/xml', body }
}

const sendPage = (
  state: ServerState,
  response: ServerResponse,
  page: Page,
  requestId: string,
  bytes: number | undefined,
): void => {
  response.sendDate = false
  response.writeHead(page.status, {
    Date: new Date(serverNow(state)).toUTCString(),
    'Content-Type': page.contentType,
    'Content-Length': page.body.length,
    'x-amzn-RequestId': requestId,
  })
  if (bytes === undefined) response.end(page.body)
  else response.write(page.body.subarray(0, bytes), () => response.socket?.destroySoon())
}

/** Sends an outcome like AWS, with the server's clock in `Date`, after applying its faults (see faults.ts). */
export const send = (state: ServerState, response: ServerResponse, outcome: Outcome): void => {
  const requestId = randomUUID()
  const page = pageOf(outcome, requestId)
  const truncation = outcome.faults.find((fault) => fault.kind === 'truncate')
  const bytes = truncation && page && (truncation.bytes ?? page.body.length >> 1)
  const finish = (): void => {
    if (outcome.faults.some((fault) => fault.kind === 'hang')) return
    if (page === undefined || outcome.faults.some((fault) => fault.kind === 'drop')) response.socket?.destroy()
    else sendPage(state, response, page, requestId, bytes)
  }
  const delayMs = outcome.faults.reduce((sum, fault) => sum + (fault.kind === 'delay' ? fault.ms : 0), 0)
  if (outcome.faults.some((fault) => fault.kind === 'hold')) state.held.push(finish)
  else if (delayMs > 0) setTimeout(finish, delayMs)
  else finish()
}
