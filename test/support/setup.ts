/**
 * Runs before each test file: removes the developer's AWS configuration from the environment and sets unreachable
 * endpoints, so that no test can call AWS (connections to port 9, discard, are refused at once; ListMFADevices goes to
 * IAM, which AWS_ENDPOINT_URL_STS does not cover). AWSMFA_TEST_PRODUCT belongs to the tests. Times are in UTC, and help
 * has a program's default width.
 */
for (const name of Object.keys(process.env)) {
  if (/^(?:(?:AWS|AWSMFA|VEGAS)_(?!TEST_PRODUCT$).*|(?:https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|COLUMNS)$/i.test(name))
    Reflect.deleteProperty(process.env, name)
}
process.env['TZ'] = 'UTC'
process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9'
process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:9'
process.env['AWS_ENDPOINT_URL_IAM'] = 'http://127.0.0.1:9'
process.env['AWSMFA_SIGNIN_ENDPOINT'] = 'http://127.0.0.1:9'
process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
process.env['HOME'] = '/nonexistent-home-of-tests'
process.env['AWSMFA_HOME'] = '/nonexistent-home-of-tests/awsmfa'
