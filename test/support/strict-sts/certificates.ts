/**
 * A temporary certificate authority that issues certificates for any host name, in pure JavaScript: nothing to install,
 * no key on disk. DER encoding of RFC 5280, with the extensions that strict clients (Python 3.13, OpenSSL 3) require.
 */
import type { KeyObject } from 'node:crypto'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'

export type Certificate = { readonly certificatePem: string; readonly keyPem: string }
export type Authority = { readonly caPem: string; readonly certificateFor: (hosts: readonly string[]) => Certificate }

const VALID_FOR_MS = 7 * 24 * 3600 * 1000

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  // In as few bytes as possible: BoringSSL refuses anything longer.
  const length = body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const octets = (...parts: readonly Buffer[]): Buffer => der(0x04, ...parts)
const bits = (content: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content)
// `hex` is the encoded object identifier.
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const TRUE = der(0x01, Buffer.from([0xff]))
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'))

const commonName = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))))
const utcTime = (ms: number): Buffer =>
  der(
    0x17,
    Buffer.from(
      new Date(ms)
        .toISOString()
        .replace(/\.\d+|[-:T]/g, '')
        .slice(2),
    ),
  )
const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  isCritical ? sequence(oid(id), TRUE, octets(value)) : sequence(oid(id), octets(value))

const addressOf = (host: string): Buffer =>
  isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))

const pem = (label: string, body: Buffer): string =>
  `-----BEGIN ${label}-----\n${(body.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`

type Request = {
  readonly issuer: string
  readonly subject: string
  readonly publicKey: Buffer
  readonly signingKey: KeyObject
  readonly extensions: readonly Buffer[]
}

const makeCertificate = ({ issuer, subject, publicKey, signingKey, extensions }: Request): string => {
  const serial = randomBytes(16)
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0)
  const now = Date.now()
  const content = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    commonName(issuer),
    sequence(utcTime(now - VALID_FOR_MS), utcTime(now + VALID_FOR_MS)),
    commonName(subject),
    publicKey,
    der(0xa3, sequence(...extensions)),
  )
  return pem('CERTIFICATE', sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, signingKey))))
}

const CA_NAME = 'strict-sts throw-away CA'

/**
 * Creates an authority whose key never leaves the process. `certificateFor` issues a certificate for host names and
 * IPv4 addresses, valid from a week ago to a week from now. All certificates share one key.
 */
export const createAuthority = (): Authority => {
  const ca = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const caKey = ca.publicKey.export({ type: 'spki', format: 'der' })
  const serverKey = server.publicKey.export({ type: 'spki', format: 'der' })
  const keyId = (key: Buffer): Buffer => createHash('sha1').update(key).digest()
  const keyPem = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    caPem: makeCertificate({
      issuer: CA_NAME,
      subject: CA_NAME,
      publicKey: caKey,
      signingKey: ca.privateKey,
      extensions: [
        extension('551d13', sequence(TRUE), true),
        extension('551d0f', bits(Buffer.from([0x06]), 1), true),
        extension('551d0e', octets(keyId(caKey))),
      ],
    }),
    certificateFor: (hosts) => ({
      keyPem,
      certificatePem: makeCertificate({
        issuer: CA_NAME,
        subject: hosts[0] ?? 'localhost',
        publicKey: serverKey,
        signingKey: ca.privateKey,
        extensions: [
          extension('551d13', sequence(), true),
          extension('551d0f', bits(Buffer.from([0x80]), 7), true),
          extension('551d25', sequence(oid('2b06010505070301'))),
          extension('551d11', sequence(...hosts.map(addressOf))),
          extension('551d0e', octets(keyId(serverKey))),
          extension('551d23', sequence(der(0x80, keyId(caKey)))),
        ],
      }),
    }),
  }
}
