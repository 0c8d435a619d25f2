<?php
// What SuiteCRM's API asks of an access token, in a PHP of its time zone: prints the user whom it then acts as, or null.
// $inputs = [access token, file of the public key, its row of oauth2tokens or null, time zone]
[$token, $keyFile, $row, $zone] = $inputs;
date_default_timezone_set($zone);
[$header, $claims, $signature] = explode('.', $token);
$decode = fn (string $part): string => base64_decode(strtr($part, '-_', '+/'), true);
$publicKey = openssl_pkey_get_public(file_get_contents($keyFile));
$signed = openssl_verify("$header.$claims", $decode($signature), $publicKey, OPENSSL_ALGO_SHA256) === 1;
$claims = json_decode($decode($claims), true);
$accepted = $signed
    && $claims['exp'] > time()
    && $row !== null
    && $row['access_token'] === $claims['jti']
    && $row['deleted'] == 0
    && $row['token_is_revoked'] == 0
    && new DateTime($row['access_token_expires']) > new DateTime();
// The column came later; before it the API acted as the token's subject.
echo json_encode($accepted ? $row['assigned_user_id'] ?? $claims['sub'] : null);
