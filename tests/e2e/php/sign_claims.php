<?php
// An independent maker of access tokens: prints $inputs = [file of the private key, claims] as league 5 signs them.
[$keyFile, $claims] = $inputs;
$encode = fn (string $part): string => rtrim(strtr(base64_encode($part), '+/', '-_'), '=');
$header = ['typ' => 'JWT', 'alg' => 'RS256', 'jti' => $claims['jti']];
$signed = $encode(json_encode($header)) . '.' . $encode(json_encode($claims));
openssl_sign($signed, $signature, openssl_pkey_get_private(file_get_contents($keyFile)), OPENSSL_ALGO_SHA256);
echo json_encode("$signed." . $encode($signature));
