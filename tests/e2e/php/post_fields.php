<?php
// Posts $inputs = [URL, fields, whether as an array]: PHP's curl sends an array as multipart, a string as a form.
[$url, $fields, $asArray] = $inputs;
$ch = curl_init($url);
curl_setopt($ch, CURLOPT_POSTFIELDS, $asArray ? $fields : http_build_query($fields));
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
echo curl_exec($ch);
