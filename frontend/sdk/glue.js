// Ours. Before the bundled SDK: keep the calls that the page queued. After it: replay them, with this script's own
// origin as data plane and configuration, so that a page needs no address but the one it loads the script from.
(function (global) {
  var script = document.currentScript;
  var origin = script && script.src ? new URL(script.src).origin : location.origin;
  var path = script && script.src ? new URL(script.src).pathname.replace(/\/sdk\/rudder\.js$/, "") : "";
  var here = origin + path;
  var queued = Array.isArray(global.rudderanalytics) ? global.rudderanalytics.slice() : [];

  /*__SDK__*/

  var Sdk = global.rudderanalytics && global.rudderanalytics.RudderAnalytics;
  if (!Sdk) return;
  var analytics = new Sdk();
  var load = analytics.load.bind(analytics);
  analytics.load = function (writeKey, dataPlaneUrl, options) {
    if (dataPlaneUrl && typeof dataPlaneUrl === "object") { options = dataPlaneUrl; dataPlaneUrl = undefined; }
    var own = {
      configUrl: here,
      polyfillIfRequired: false,
      pluginsSDKBaseURL: here + "/sdk/plugins",
      destSDKBaseURL: here + "/sdk/integrations"
    };
    return load(writeKey, dataPlaneUrl || here, Object.assign(own, options || {}));
  };
  global.rudderanalytics = analytics;
  queued.sort(function (a, b) { return (b[0] === "load") - (a[0] === "load"); });
  queued.forEach(function (call) {
    if (Array.isArray(call) && typeof analytics[call[0]] === "function") analytics[call[0]].apply(analytics, call.slice(1));
  });
})(window);
