build: javac -d classes Application.java
