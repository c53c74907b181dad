// The page of the JSON API: loads Swagger UI only where its place stands, and sends the CSRF token with tried calls.
const place = document.getElementById("api-docs");

const start = () =>
  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url,
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers["X-CSRFToken"] = place.dataset.csrf;
      return request;
    },
  });

if (place) {
  const script = Object.assign(document.createElement("script"), { src: place.dataset.bundle });
  script.addEventListener("load", start);
  document.head.append(script);
}
