/**
 * Reads what system and machine an executable is for, and checks or removes the signature of one for macOS. Formats:
 * ELF (elf.h), PE (Microsoft's "PE Format") and Mach-O (mach-o/loader.h, and cs_blobs.h of XNU).
 */
import { createHash } from 'node:crypto'

const ELF_MACHINES = new Map([
  [62, 'x64'],
  [183, 'arm64'],
])
const PE_MACHINES = new Map([
  [0x8664, 'x64'],
  [0xaa64, 'arm64'],
])
const MACHO_MACHINES = new Map([
  [0x01000007, 'x64'],
  [0x0100000c, 'arm64'],
])

const ELF_INTERPRETER = 3
const SEGMENT = 0x19
const MACHO_SIGNATURE = 0x1d
/** The length of the load command LC_CODE_SIGNATURE. */
const COMMAND_BYTES = 16
const CODE_DIRECTORY = 0xfade0c02
const SHA256 = 2

/**
 * Returns `{ os, cpu, libc }` of an executable's bytes as in package.json, `libc` only for Linux: 'glibc' or 'musl'.
 * Throws if it is none.
 */
export function machineOf(bytes) {
  if (bytes.toString('latin1', 0, 4) === '\x7fELF')
    return { os: 'linux', cpu: known(ELF_MACHINES, bytes.readUInt16LE(18)), libc: libcOf(bytes) }
  if (bytes.toString('latin1', 0, 2) === 'MZ') {
    const header = bytes.readUInt32LE(60)
    if (bytes.toString('latin1', header, header + 4) !== 'PE\0\0') throw new Error('no PE header')
    return { os: 'win32', cpu: known(PE_MACHINES, bytes.readUInt16LE(header + 4)) }
  }
  if (bytes.readUInt32LE(0) === 0xfeedfacf) return { os: 'darwin', cpu: known(MACHO_MACHINES, bytes.readUInt32LE(4)) }
  throw new Error('not an executable of Linux, macOS or Windows')
}

function known(machines, number) {
  const machine = machines.get(number)
  if (machine === undefined) throw new Error(`an unknown machine: ${number}`)
  return machine
}

/** Returns the C library of a 64-bit ELF file, by the dynamic loader that it names. */
function libcOf(bytes) {
  const table = Number(bytes.readBigUInt64LE(32))
  const [size, count] = [bytes.readUInt16LE(54), bytes.readUInt16LE(56)]
  for (let at = table; at < table + size * count; at += size)
    if (bytes.readUInt32LE(at) === ELF_INTERPRETER) {
      const start = Number(bytes.readBigUInt64LE(at + 8))
      const loader = bytes.toString('latin1', start, start + Number(bytes.readBigUInt64LE(at + 32)) - 1)
      return loader.includes('musl') ? 'musl' : 'glibc'
    }
  throw new Error('no dynamic loader')
}

/**
 * Checks the signature of a 64-bit Mach-O file. Returns undefined if there is none; else how many pages it has, how
 * many of them have another hash than it says (macOS kills a program that runs such a page), and whether it covers all.
 */
export function checkSignature(bytes) {
  const { place } = signatureCommand(bytes) ?? {}
  if (place === undefined) return undefined
  const directory = codeDirectory(bytes, place)
  const stale = directory.pages.filter(
    ({ start, end, at }) => !hash(bytes, start, end).equals(bytes.subarray(at, at + 32)),
  )
  return { pages: directory.pages.length, stale: stale.length, covers: directory.limit === place }
}

/**
 * Returns a 64-bit Mach-O file without its signature; macOS demands one of programs for arm64 alone. Throws if there is
 * no signature, or if something comes after it.
 */
export function stripSignature(bytes) {
  const found = signatureCommand(bytes)
  const linkEdit = loadCommands(bytes).find(
    ({ type, at }) => type === SEGMENT && segmentName(bytes, at) === '__LINKEDIT',
  )
  if (found === undefined || linkEdit === undefined) throw new Error('there is no signature')
  if (found.place + found.size !== bytes.length || found.at + COMMAND_BYTES !== 32 + bytes.readUInt32LE(20))
    throw new Error('the signature is not at the end')
  const stripped = Buffer.from(bytes.subarray(0, found.place))
  stripped.fill(0, found.at, found.at + COMMAND_BYTES)
  stripped.writeUInt32LE(stripped.readUInt32LE(16) - 1, 16)
  stripped.writeUInt32LE(stripped.readUInt32LE(20) - COMMAND_BYTES, 20)
  const fileSize = linkEdit.at + 48
  stripped.writeBigUInt64LE(stripped.readBigUInt64LE(fileSize) - BigInt(found.size), fileSize)
  return stripped
}

function hash(bytes, start, end) {
  return createHash('sha256').update(bytes.subarray(start, end)).digest()
}

/** Returns the load command of the signature, and the place and size of the signature. */
function signatureCommand(bytes) {
  const found = loadCommands(bytes).find(({ type }) => type === MACHO_SIGNATURE)
  return found && { at: found.at, place: bytes.readUInt32LE(found.at + 8), size: bytes.readUInt32LE(found.at + 12) }
}

function loadCommands(bytes) {
  const commands = []
  for (let index = 0, at = 32; index < bytes.readUInt32LE(16); index++, at += bytes.readUInt32LE(at + 4))
    commands.push({ type: bytes.readUInt32LE(at), at })
  return commands
}

function segmentName(bytes, at) {
  return bytes.toString('latin1', at + 8, at + 24).replace(/\0+$/, '')
}

/** Returns the pages of the code directory, with where each page's SHA-256 is. Numbers are big-endian. */
function codeDirectory(bytes, place) {
  for (let index = 0; index < bytes.readUInt32BE(place + 8); index++) {
    const blob = place + bytes.readUInt32BE(place + 16 + index * 8)
    if (bytes.readUInt32BE(blob) !== CODE_DIRECTORY) continue
    const [hashes, count, limit] = [16, 28, 32].map((offset) => bytes.readUInt32BE(blob + offset))
    const [hashSize, hashType, pageBits] = [36, 37, 39].map((offset) => bytes[blob + offset])
    if (hashSize !== 32 || hashType !== SHA256) throw new Error('not hashed with SHA-256')
    const page = 2 ** pageBits
    const pages = Array.from({ length: count }, (_, number) => ({
      start: number * page,
      end: Math.min((number + 1) * page, limit),
      at: blob + hashes + number * 32,
    }))
    return { limit, pages }
  }
  throw new Error('the signature has no code directory')
}
