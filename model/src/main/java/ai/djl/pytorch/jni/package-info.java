/** The one class that must share a package with DJL's native bindings. */
package ai.djl.pytorch.jni;
