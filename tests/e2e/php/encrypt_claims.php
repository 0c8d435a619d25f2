<?php
// An independent writer of the defuse v2 container: prints $inputs = [password, claims] as a refresh token.
[$password, $claims] = $inputs;
[$salt, $iv] = [random_bytes(32), random_bytes(16)];
$inputKey = hash_pbkdf2('sha256', hash('sha256', $password, true), $salt, 100000, 32, true);
$authentication = hash_hkdf('sha256', $inputKey, 32, 'DefusePHP|V2|KeyForAuthentication', $salt);
$encryption = hash_hkdf('sha256', $inputKey, 32, 'DefusePHP|V2|KeyForEncryption', $salt);
$ciphertext = openssl_encrypt(json_encode($claims), 'aes-256-ctr', $encryption, OPENSSL_RAW_DATA, $iv);
$container = "\xDE\xF5\x02\x00" . $salt . $iv . $ciphertext;
echo json_encode(bin2hex($container . hash_hmac('sha256', $container, $authentication, true)));
