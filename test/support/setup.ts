/**
 * Before each test file: nothing of the person's AWS set-up may reach a test, and no client that forgets its endpoint
 * may reach the real STS or IAM (ListMFADevices goes to IAM, which AWS_ENDPOINT_URL_STS does not move).
 * Times are shown in UTC, whatever the machine's time zone. Port 9 is discard: a connection is refused at once.
 */
for (const name of Object.keys(process.env)) {
  if (/^(AWS|AWSMFA|VEGAS)_/.test(name) || /^(https?|no|all)_proxy$/i.test(name) || name === 'NODE_EXTRA_CA_CERTS')
    Reflect.deleteProperty(process.env, name)
}
process.env['TZ'] = 'UTC'
process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9'
process.env['AWS_ENDPOINT_URL_STS'] = 'http://127.0.0.1:9'
process.env['AWS_ENDPOINT_URL_IAM'] = 'http://127.0.0.1:9'
process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
process.env['HOME'] = '/nonexistent-home-of-tests'
process.env['AWSMFA_HOME'] = '/nonexistent-home-of-tests/awsmfa'
