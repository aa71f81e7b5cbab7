// What the AWS SDK for JavaScript makes of shared files: the same question on stdin, and the same answer, as
// botocore_effects.py. Roles are not assumed: that the SDK would is the answer.
import { fromIni } from '@aws-sdk/credential-provider-ini'
import { loadSharedConfigFiles } from '@smithy/shared-ini-file-loader'

let text = ''
for await (const chunk of process.stdin) text += chunk
const { homes = [], profiles = [] } = JSON.parse(text)

const readHome = async ({ credentials, config }) => {
  const { credentialsFile, configFile } = await loadSharedConfigFiles({
    filepath: credentials,
    configFilepath: config,
    ignoreCache: true,
  })
  const names = [...new Set([...Object.keys(configFile), ...Object.keys(credentialsFile)])]
  return {
    profiles: Object.fromEntries(names.map((name) => [name, { ...configFile[name], ...credentialsFile[name] }])),
  }
}

const methodOf = async (profile) => {
  const roles = []
  const session = { accessKeyId: 'ASIAROLE', secretAccessKey: 'x', sessionToken: 'x' }
  const assume = (name) => async () => {
    roles.push(name)
    return session
  }
  try {
    const found = await fromIni({
      profile,
      roleAssumer: assume('assume-role'),
      roleAssumerWithWebIdentity: assume('web-identity'),
    })()
    return { method: roles[0] ?? (found.accessKeyId.startsWith('ASIAPROCESS') ? 'custom-process' : 'static') }
  } catch (error) {
    if (/could not resolve credentials using profile/i.test(error.message)) return { method: 'none' }
    return /sso/i.test(error.message) ? { method: 'sso' } : { error: error.name }
  }
}

const answers = async (list, key, answer) => {
  const found = {}
  for (const item of list) found[key(item)] = await answer(item)
  return found
}
const answer = {
  homes: await answers(homes, ({ name }) => name, readHome),
  profiles: await answers(profiles, (name) => name, methodOf),
}
process.stdout.write(JSON.stringify(answer))
