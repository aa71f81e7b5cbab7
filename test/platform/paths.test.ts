/** The paths of the shared files, the home folder and awsmfa's own folders. */
import { describe, expect, it } from 'vitest'
import {
  findHomeConflict,
  outsideServer,
  resolveHome,
  resolveOwnFolders,
  resolveSharedFiles,
  surroundingsOfProcess,
} from '../../src/platform/paths.ts'
import type { Surroundings } from '../../src/platform/paths.ts'
import { isFailure } from '../../src/model/failure.ts'

function on(platform: NodeJS.Platform, env: Surroundings['env'], systemHome = '/system/home'): Surroundings {
  return { env, platform, systemHome: () => systemHome }
}

const nobody: Surroundings = {
  env: {},
  platform: 'linux',
  systemHome: () => {
    throw new Error('ENOENT: no such user')
  },
}

describe('the shared files', () => {
  it.each([
    ['lie in ~/.aws', on('linux', { HOME: '/home/a' }), '/home/a/.aws/credentials', '/home/a/.aws/config'],
    [
      'lie in the home folder of passwd where HOME is not set',
      on('darwin', {}),
      '/system/home/.aws/credentials',
      '/system/home/.aws/config',
    ],
    [
      'lie there too where HOME is empty',
      on('linux', { HOME: '' }),
      '/system/home/.aws/credentials',
      '/system/home/.aws/config',
    ],
    [
      'are where the variables say',
      on('linux', { HOME: '/home/a', AWS_SHARED_CREDENTIALS_FILE: '/x/c', AWS_CONFIG_FILE: 'relative' }),
      '/x/c',
      'relative',
    ],
    [
      'have their ~ expanded',
      on('linux', { HOME: '/home/a', AWS_SHARED_CREDENTIALS_FILE: '~/c', AWS_CONFIG_FILE: '~other/c' }),
      '/home/a/c',
      '~other/c',
    ],
    [
      'have their variables expanded, those that are set',
      on('linux', {
        HOME: '/home/a',
        XDG_CONFIG_HOME: '~/x',
        AWS_SHARED_CREDENTIALS_FILE: '$HOME/c$NONE',
        AWS_CONFIG_FILE: '${XDG_CONFIG_HOME}/%HOME%/d',
      }),
      '/home/a/c$NONE',
      '/home/a/x/%HOME%/d',
    ],
    [
      'have variables of each form expanded on Windows',
      on('win32', {
        USERPROFILE: 'C:\\U',
        AWS_SHARED_CREDENTIALS_FILE: '%USERPROFILE%\\c',
        AWS_CONFIG_FILE: '$USERPROFILE\\d',
      }),
      'C:\\U\\c',
      'C:\\U\\d',
    ],
    [
      'do not follow empty variables',
      on('linux', { HOME: '/home/a', AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: '' }),
      '/home/a/.aws/credentials',
      '/home/a/.aws/config',
    ],
    [
      'follow USERPROFILE on Windows',
      on('win32', { HOME: 'D:\\h', USERPROFILE: 'C:\\Users\\a' }),
      'C:\\Users\\a\\.aws\\credentials',
      'C:\\Users\\a\\.aws\\config',
    ],
    [
      'have either slash after ~ on Windows',
      on('win32', { USERPROFILE: 'C:\\U', AWS_SHARED_CREDENTIALS_FILE: '~\\c', AWS_CONFIG_FILE: '~/d' }),
      'C:\\U\\c',
      'C:\\U/d',
    ],
  ])('%s', (_, surroundings, credentials, config) => {
    expect(resolveSharedFiles(surroundings)).toEqual({ credentials, config })
  })

  it('need no home folder where both are named', () => {
    expect(
      resolveSharedFiles({ ...nobody, env: { AWS_SHARED_CREDENTIALS_FILE: '/a', AWS_CONFIG_FILE: '/b' } }),
    ).toEqual({ credentials: '/a', config: '/b' })
  })

  it.each([
    ['a user who is nowhere', nobody],
    ['a system that names none', on('linux', {}, '')],
  ])('fail with HOME_UNKNOWN for %s', (_, surroundings) => {
    expect(() => resolveSharedFiles(surroundings)).toThrow(
      expect.objectContaining({ failure: { code: 'HOME_UNKNOWN' } }) as Error,
    )
  })
})

describe("awsmfa's own folders", () => {
  it.each([
    [
      'follow the XDG defaults',
      on('linux', { HOME: '/h' }),
      ['/h/.config/awsmfa', '/h/.cache/awsmfa', '/h/.local/state/awsmfa'],
    ],
    [
      'do so on macOS too',
      on('darwin', { HOME: '/h' }),
      ['/h/.config/awsmfa', '/h/.cache/awsmfa', '/h/.local/state/awsmfa'],
    ],
    [
      'follow the XDG variables',
      on('linux', { XDG_CONFIG_HOME: '/c', XDG_CACHE_HOME: '/k', XDG_STATE_HOME: '/s' }),
      ['/c/awsmfa', '/k/awsmfa', '/s/awsmfa'],
    ],
    [
      'do not follow relative ones',
      on('linux', { HOME: '/h', XDG_CONFIG_HOME: 'c', XDG_CACHE_HOME: '', XDG_STATE_HOME: '~/s' }),
      ['/h/.config/awsmfa', '/h/.cache/awsmfa', '/h/.local/state/awsmfa'],
    ],
    [
      'all lie below AWSMFA_HOME',
      on('linux', { HOME: '/h', XDG_CONFIG_HOME: '/c', AWSMFA_HOME: '~/m' }),
      ['/h/m/config', '/h/m/cache', '/h/m/state'],
    ],
    [
      'lie in LOCALAPPDATA on Windows',
      on('win32', { LOCALAPPDATA: 'C:\\L' }),
      ['C:\\L\\awsmfa\\config', 'C:\\L\\awsmfa\\cache', 'C:\\L\\awsmfa\\state'],
    ],
    [
      'lie where that is by default',
      on('win32', { USERPROFILE: 'C:\\U' }),
      [
        'C:\\U\\AppData\\Local\\awsmfa\\config',
        'C:\\U\\AppData\\Local\\awsmfa\\cache',
        'C:\\U\\AppData\\Local\\awsmfa\\state',
      ],
    ],
  ])('%s', (_, surroundings, [config, cache, state]) => {
    expect(resolveOwnFolders(surroundings)).toEqual({ config, cache, state })
  })
})

describe('the home folder', () => {
  it.each([
    [on('win32', { HOME: 'D:\\h', USERPROFILE: 'C:\\U' }), { home: 'D:\\h', userProfile: 'C:\\U' }],
    [on('win32', { HOME: 'c:/u/', USERPROFILE: 'C:\\U' }), undefined],
    [on('win32', { USERPROFILE: 'C:\\U' }), undefined],
    [on('linux', { HOME: '/h', USERPROFILE: '/u' }), undefined],
  ])('conflicts are told on Windows alone: %#', (surroundings, conflict) => {
    expect(findHomeConflict(surroundings)).toEqual(conflict)
  })

  it('is found for this process, or its absence is a failure with a code', () => {
    const surroundings = { ...surroundingsOfProcess(), env: {} }
    try {
      expect(resolveHome(surroundings)).not.toBe('')
    } catch (error) {
      expect(isFailure(error, 'HOME_UNKNOWN')).toBe(true)
    }
  })
})

describe('inside exec --server', () => {
  const inside = {
    AWS_CONFIG_FILE: '/state/copy',
    AWSMFA_SERVER_CONFIG: '/state/copy',
    AWSMFA_CONFIG_FILE: '/home/me/.aws/config',
    AWS_PROFILE: 'awsmfa-server',
    AWSMFA_PROFILE: 'prod',
  }
  it.each<[string, Surroundings['env'], Surroundings['env']]>([
    [
      'the config file and the profile are the real ones',
      {},
      { AWS_CONFIG_FILE: '/home/me/.aws/config', AWS_PROFILE: 'prod' },
    ],
    [
      'so they are with another number',
      { AWS_PROFILE: 'awsmfa-server-2' },
      { AWS_CONFIG_FILE: '/home/me/.aws/config', AWS_PROFILE: 'prod' },
    ],
    [
      'a profile that was chosen since is kept',
      { AWS_PROFILE: 'other' },
      { AWS_CONFIG_FILE: '/home/me/.aws/config', AWS_PROFILE: 'other' },
    ],
    [
      'a config file that was chosen since is kept',
      { AWS_CONFIG_FILE: '/mine' },
      { AWS_CONFIG_FILE: '/mine', AWS_PROFILE: 'awsmfa-server' },
    ],
  ])('%s', (_, changes, expected) => {
    expect(outsideServer({ ...inside, ...changes })).toMatchObject(expected)
  })

  it.each(['/state/copy', '/mine'])('nothing leads to the endpoint, with the config file %s', (AWS_CONFIG_FILE) => {
    const endpoint = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/credentials',
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret',
    }
    const names = Object.keys(outsideServer({ ...inside, ...endpoint, AWS_CONFIG_FILE, HOME: '/home/me' }))
    expect(names.toSorted()).toEqual(['AWSMFA_PROFILE', 'AWS_CONFIG_FILE', 'AWS_PROFILE', 'HOME'])
  })

  it('changes nothing outside', () => {
    const env = { AWS_PROFILE: 'awsmfa-server', AWS_CONFIG_FILE: '/c' }
    expect(outsideServer(env)).toBe(env)
  })
})
