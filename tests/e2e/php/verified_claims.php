<?php
// Takes $inputs = [access token, file of the public key] and prints the claims, or null if the signature is bad.
[$token, $keyFile] = $inputs;
[$header, $claims, $signature] = explode('.', $token);
$decode = fn (string $part): string => base64_decode(strtr($part, '-_', '+/'), true);
$publicKey = openssl_pkey_get_public(file_get_contents($keyFile));
$verified = openssl_verify("$header.$claims", $decode($signature), $publicKey, OPENSSL_ALGO_SHA256);
echo json_encode($verified === 1 ? json_decode($decode($claims)) : null);
