/** The exports of `build/strict-sts-client.mjs`, for plain JavaScript (benchmark, demo). */
export { startStrictSts } from './client.ts'
export { BAD_GATEWAY, EMPTY_SUCCESS } from './faults.ts'
export { aliceWorld, manyUsersWorld, HARDWARE_SERIAL, READ_ONLY_EXTERNAL_ID } from './worlds.ts'
export { keyIdFor, roleOf, secretFor, userOf, virtualDevice } from './worlds.ts'
