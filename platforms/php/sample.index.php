<?php
header('Content-Type: text/plain');
echo "Congratulations! Your PHP application is running.\n";
