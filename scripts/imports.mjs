/**
 * `npm run imports` checks how the files of `src` import each other, which ESLint cannot: it reads one file at a time.
 *
 *   node scripts/imports.mjs [--check] [SRC]   reports what breaks a rule as `file:line: what`, and exits with 1
 *     --figures                                prints number and size of the files and how many imports connect them
 *     --picture                                draws docs/pictures/house.svg, beside SRC
 *     --check-picture                          fails if that picture is not the one that would be drawn
 *
 * The rules:
 * 1. A folder imports only from itself and from folders on lower levels (`LEVELS`). A type counts like a value and
 *    `import()` like `import`: a reader has to know them, however they are loaded. `model` imports no package either.
 * 2. No cycle between files, types included.
 * 3. Every file is in a folder of `LEVELS`, or is one of the `ENTRIES` in `src` itself.
 * 4. Every relative import names a file of `src` (or package.json), and every `import()` a literal: nothing is missed.
 * 5. At most 168 files of at most 500 lines. No command imports another one; what they share is in `COMMAND_HELPERS`.
 * 6. The name of a type is declared in one file: it means the same wherever it is read.
 *
 * Exceptions are in `ALLOWED`, a list that may only shrink: an entry that is no longer needed is reported, too.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'

/** The folders of `src` from top to bottom, each with what it is for. Folders on one level do not import each other. */
export const LEVELS = [
  { src: 'entry points for Node and the standalone executable' },
  { cli: 'dispatch, signals, help, exit codes', library: 'fromAwsmfa, for Node programs' },
  { commands: 'one file per command: its work and its output' },
  { runtime: 'wires everything, for cli and library' },
  { errors: 'the message of every failure' },
  { doctor: 'checks, and how each tool reads the files' },
  { layouts: 'setup, import, undo' },
  { login: 'settings, source chain, plan, sign-in' },
  { mfa: 'where token codes come from' },
  { keys: 'access keys in the keychain, pass, encrypted files' },
  { sessions: 'cached sessions: find, encrypt, reuse' },
  { 'aws-files': 'the shared AWS files: read, edit, write' },
  { aws: 'STS and IAM' },
  { shell: 'shell integration, quoting' },
  { 'command-line': 'every command and option; the parser' },
  { ui: 'terminal, prompts, words, width' },
  { platform: 'files, locks, processes, paths' },
  { model: 'failures, profiles, credentials' },
]

/** The files in `src` itself, above all folders: each is a program. */
export const ENTRIES = ['bin.ts']

/** What commands share: these files may import commands, and commands may import them. */
export const COMMAND_HELPERS = ['commands/login-output.ts', 'commands/pick-profile.ts', 'commands/program-session.ts']

/** What breaks a rule for now: an import as `from -> to`, a file that is too long by its name; without `.ts`. */
export const ALLOWED = []

const LIMITS = { files: 168, lines: 500 }
const PURPOSES = Object.assign({}, ...LEVELS)
const folderOf = (file) => (ENTRIES.includes(file) ? 'src' : file.split('/')[0])
const levelOf = (file) => LEVELS.findIndex((level) => Object.hasOwn(level, folderOf(file)))
const short = (file) => file.replace(/\.ts$/, '')
const edge = (from, to) => `${short(from)} -> ${short(to)}`

/** Returns every import of a text with its line: values, types, re-exports, side effects, `import()` and its types. */
export function readImports(text) {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest)
  const imports = []
  const visit = (node) => {
    const module = moduleIn(node)
    if (module !== undefined) {
      const line = source.getLineAndCharacterOfPosition(module.getStart(source)).line + 1
      imports.push({ line, specifier: ts.isStringLiteralLike(module) ? module.text : undefined })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return imports
}

/** Returns the types and interfaces that a text declares at its top level, with their lines. */
export function readTypes(text) {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest)
  return source.statements
    .filter((node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
    .map(({ name }) => ({
      name: name.text,
      line: source.getLineAndCharacterOfPosition(name.getStart(source)).line + 1,
    }))
}

/** The expression that names the module, in a node that imports one. */
function moduleIn(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node)) return node.argument.literal
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0]
  return undefined
}

/**
 * Returns the files of a tree, sorted by name, with their lines, imports and types. `texts` is a map from a file's path
 * in the tree to its text. An import of a file of the tree has it in `to`; one of a file that is not there has
 * `missing`.
 */
export function readGraph(texts) {
  return [...texts.keys()].sort().map((file) => {
    const text = texts.get(file)
    const imports = (file.endsWith('.ts') ? readImports(text) : []).map((found) => {
      if (!/^[./]/.test(found.specifier ?? '')) return found
      const to = posix.join(posix.dirname(file), found.specifier)
      return texts.has(to) ? { ...found, to } : { ...found, missing: to !== '../package.json' }
    })
    const types = file.endsWith('.ts') ? readTypes(text) : []
    return { file, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), imports, types }
  })
}

/** Why a file must not import another one; undefined where it may. */
function objection(from, to) {
  const [folder, other, above, below] = [folderOf(from), folderOf(to), levelOf(from), levelOf(to)]
  if (above === -1 || below === -1 || from === to) return undefined
  if (above > below || (above === below && folder !== other)) return `${folder} must not import from ${other}`
  const isCommand = (file) => folderOf(file) === 'commands' && !COMMAND_HELPERS.includes(file)
  return isCommand(from) && isCommand(to) ? 'a command must not import another command' : undefined
}

const importsOf = ({ imports }) => [...new Set(imports.flatMap(({ to }) => to ?? []))]

/** Follows imports from a file, breadth first. Returns every file that it reaches, with the file that imports it. */
function walk(edges, start) {
  const reached = new Map()
  const queue = new Set([start])
  for (const from of queue) {
    for (const to of edges.get(from).filter((file) => !reached.has(file))) {
      reached.set(to, from)
      queue.add(to)
    }
  }
  return reached
}

/** Returns each group of files that all import each other, directly or not, with the shortest cycle in it. */
function findCycles(edges) {
  const walks = new Map([...edges.keys()].map((file) => [file, walk(edges, file)]))
  const cycleOf = (file) => {
    const path = [file]
    do path.unshift(walks.get(file).get(path[0]))
    while (path[0] !== file)
    return path
  }
  return [...edges.keys()].flatMap((file) => {
    const files = [...walks.get(file).keys()].filter((other) => walks.get(other).has(file)).sort()
    if (files[0] !== file) return [] // It is in no cycle, or its group is known by another file.
    return [{ files, path: files.map(cycleOf).reduce((best, path) => (path.length < best.length ? path : best)) }]
  })
}

/** Returns what breaks a rule: `at` is `file:line`, or empty if it is about the whole tree or `allowed`. */
export function findProblems(graph, allowed = ALLOWED) {
  const [problems, needed] = [[], new Set()]
  const report = (at, text, exception) => {
    needed.add(exception)
    if (!allowed.includes(exception)) problems.push({ at, text })
  }
  if (graph.length === 0 || graph.length > LIMITS.files)
    report('', `${graph.length} files; there must be 1 to ${LIMITS.files}`)
  for (const { file, lines, imports } of graph) {
    if (levelOf(file) === -1) report(`${file}:1`, `${folderOf(file)} is not in the order of folders`)
    if (lines > LIMITS.lines)
      report(`${file}:${LIMITS.lines + 1}`, `${lines} lines; the limit is ${LIMITS.lines}`, short(file))
    for (const { line, specifier, to, missing } of imports) {
      const wrong = to === undefined ? undefined : objection(file, to)
      if (wrong !== undefined) report(`${file}:${line}`, `imports ${short(to)}: ${wrong}`, edge(file, to))
      if (specifier === undefined) report(`${file}:${line}`, 'import() of something other than a literal')
      else if (missing) report(`${file}:${line}`, `imports '${specifier}', which does not exist`)
      else if (to === undefined && folderOf(file) === 'model')
        report(`${file}:${line}`, `imports '${specifier}': model must import only from model`)
    }
  }
  const declared = new Map()
  for (const { file, types } of graph)
    for (const { name, line } of types) {
      const first = declared.get(name) ?? file
      declared.set(name, first)
      if (first !== file) report(`${file}:${line}`, `${short(first)} declares a type ${name}, too`)
    }
  const edges = new Map(graph.map((node) => [node.file, importsOf(node)]))
  const kept = new Map(
    [...edges].map(([from, files]) => [from, files.filter((to) => !allowed.includes(edge(from, to)))]),
  )
  for (const { files, path } of findCycles(kept)) {
    const { line } = graph.find(({ file }) => file === path[0]).imports.find(({ to }) => to === path[1])
    report(
      `${path[0]}:${line}`,
      files.length === 1
        ? 'imports itself'
        : `cycle among ${files.length} files, the shortest: ${path.map(short).join(' -> ')}`,
    )
  }
  for (const { files } of findCycles(edges))
    for (const from of files) for (const to of edges.get(from)) if (files.includes(to)) needed.add(edge(from, to))
  for (const name of allowed.filter((name) => !needed.has(name)))
    report('', `ALLOWED has '${name}', which is no longer needed: remove it`)
  return problems
}

/** Returns number and size of the files as text. */
function figures(graph) {
  const bySize = graph.toSorted((a, b) => b.lines - a.lines)
  const [total, median] = [bySize.reduce((sum, { lines }) => sum + lines, 0), bySize[graph.length >> 1]?.lines]
  const counts = [
    [graph.length, 'files'],
    [graph.flatMap(importsOf).length, 'imports between files'],
    [total, 'lines'],
    [median, 'lines in the median file'],
  ]
  const largest = bySize.slice(0, 10).map(({ file, lines }) => [lines, file])
  return [...counts, ['', 'largest:'], ...largest]
    .map(([count, name]) => `${String(count).padStart(6)}  ${name}`)
    .join('\n')
}

const STYLE = `text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; fill: #59636e }
.title { font-size: 19px; font-weight: 600; fill: #1f2328 } .name { font-weight: 600; fill: #1f2328 } .against { fill: #d1242f } .column { stroke-width: 1.5 } .column:hover { stroke-width: 3 }
.page { fill: #ffffff; stroke: #d1d9e0 } .row { stroke: #d1d9e0 } .head { fill: #818b98 } .box { fill-opacity: .13 }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title, .name { fill: #f0f6fc } .against { fill: #ff7b72 }
.page { fill: #0d1117; stroke: #3d444d } .row { stroke: #3d444d } .head { fill: #9198a1 } .box { fill-opacity: .25 } }`

/**
 * Draws the folders as a staircase. From each one a line goes down, with a dot in the row of every folder that it
 * imports from. Lines of code are not in it: only a change of structure makes a new picture.
 */
export function drawHouse(graph) {
  const folders = Object.keys(PURPOSES)
    .map((name) => ({ name, files: graph.filter(({ file }) => folderOf(file) === name) }))
    .filter(({ files }) => files.length > 0)
  const imports = (from, to) => from.files.flatMap(importsOf).filter((file) => folderOf(file) === to.name).length
  const [x, y] = [(index) => 30 + 34 * index, (index) => 100 + 46 * index]
  const [width, height] = [x(folders.length) + 350, y(folders.length) - 8]
  const rows = folders.map((folder, row) => {
    const first = folders.slice(0, row).findIndex((other) => imports(other, folder) > 0)
    return first === -1
      ? ''
      : `<path class="row" d="M${x(first) + 17} ${y(row)}H${x(row) - 6}"/><path class="head" d="M${x(row) - 1} ${y(row)}l-8 -4v8z"/>\n`
  })
  const columns = folders.map((folder, column) => {
    const [left, top, color] = [
      x(column),
      y(column),
      `hsl(${Math.round(285 - (130 * column) / folders.length)} 62% 57%)`,
    ]
    const dots = folders.flatMap((other, row) =>
      row > column && imports(folder, other) > 0 ? [{ row, count: imports(folder, other) }] : [],
    )
    const circles = dots.map(
      ({ row, count }) => `<circle cx="${left + 17}" cy="${y(row)}" r="${count < 5 ? 3 : count < 20 ? 5 : 7}"/>`,
    )
    const squares = folder.files.map(
      (_, index) => `<rect x="${left + 130 + 10 * index}" y="${top - 14}" width="8" height="8" rx="1.5"/>`,
    )
    const upwards = folders
      .slice(0, column)
      .filter((other) => imports(folder, other) > 0)
      .map(({ name }) => name)
    const line =
      dots.length === 0 ? '' : `<path stroke="${color}" d="M${left + 17} ${top + 15}V${y(dots.at(-1).row)}"/>`
    return `<g class="column" fill="${color}">${line}${circles.join('')}
<rect class="box" stroke="${color}" x="${left}" y="${top - 15}" width="118" height="30" rx="6"/>${squares.join('')}
<text class="name" x="${left + 59}" y="${top + 4.5}" text-anchor="middle">${folder.name}</text>
<text x="${left + 136 + 10 * folder.files.length}" y="${top - 5}">${folder.files.length}${upwards.length > 0 ? ` <tspan class="against">↑ ${upwards.join(', ')}</tspan>` : ''}</text>
<text x="${left + 130}" y="${top + 12}">${PURPOSES[folder.name]}</text></g>\n`
  })
  const title = 'The folders of src: each imports only from those below'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>${STYLE}</style>
<rect class="page" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
<text class="title" x="30" y="38">${title}</text>
<text x="30" y="62">Follow a line down: each dot is a folder that it imports from (larger: at least 5, at least 20 imports). A square is a file.</text>
${rows.join('')}${columns.join('')}</svg>\n`
}

function readTree(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.filter(({ name }) => !name.startsWith('.')).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(paths.map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path, 'utf8')]))
}

function main() {
  const options = Object.fromEntries(
    ['check', 'figures', 'picture', 'check-picture'].map((name) => [name, { type: 'boolean' }]),
  )
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  const folder = positionals[0] ?? fileURLToPath(new URL('../src', import.meta.url))
  const picture = join(folder, '../docs/pictures/house.svg')
  const graph = readGraph(readTree(folder))
  const fail = (path, text) => {
    console.error(`${relative('.', path)}: ${text}`)
    process.exitCode = 1
  }
  if (values.figures) console.log(figures(graph))
  if (values.picture) {
    mkdirSync(dirname(picture), { recursive: true })
    writeFileSync(picture, drawHouse(graph))
  }
  const isDrawn = () => existsSync(picture) && readFileSync(picture, 'utf8') === drawHouse(graph)
  if (values['check-picture'] && !isDrawn())
    fail(picture, 'the structure has changed; to draw it again: npm run imports -- --picture')
  if (values.check || Object.keys(values).length === 0)
    for (const { at, text } of findProblems(graph)) fail(join(folder, at), text)
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main()
