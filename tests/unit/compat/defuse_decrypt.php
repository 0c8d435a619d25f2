<?php
// An independent reader of the defuse v2 container: prints the plaintext of each [kind, hex of the secret, hex of
// the container], or null where it does not open.

function decrypt(string $kind, string $secret, string $container): ?string
{
    if (substr($container, 0, 4) !== "\xDE\xF5\x02\x00") {
        return null;
    }
    [$salt, $iv] = [substr($container, 4, 32), substr($container, 36, 16)];
    $inputKey = $kind === 'password'
        ? hash_pbkdf2('sha256', hash('sha256', $secret, true), $salt, 100000, 32, true)
        : $secret;
    $authentication = hash_hkdf('sha256', $inputKey, 32, 'DefusePHP|V2|KeyForAuthentication', $salt);
    $encryption = hash_hkdf('sha256', $inputKey, 32, 'DefusePHP|V2|KeyForEncryption', $salt);
    $mac = hash_hmac('sha256', substr($container, 0, -32), $authentication, true);
    if (!hash_equals($mac, substr($container, -32))) {
        return null;
    }
    return openssl_decrypt(substr($container, 52, -32), 'aes-256-ctr', $encryption, OPENSSL_RAW_DATA, $iv);
}

echo json_encode(array_map(fn ($input) => decrypt($input[0], hex2bin($input[1]), hex2bin($input[2])), $inputs));
