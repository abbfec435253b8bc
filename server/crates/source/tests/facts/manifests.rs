//! What files say that are no code: names of programs, and where their routes are put.

use expect_test::expect;

use crate::{check, index};

/// Folders of the programs called `name`.
fn folders(files: &str, name: &str) -> Vec<String> {
    index(files).programs_called(name).into_iter().map(ToString::to_string).collect()
}

#[test]
fn every_languages_manifest_names_its_folder() {
    let files = "//- web/package.json
{\"version\": \"1\", \"dependencies\": {\"name\": \"no\"}, \"keywords\": [\"name\", \"none\"], \"name\": \"@shop/front-end\"}
//- stock/Cargo.toml
[dependencies]
name = \"none\"
[package]
name = \"stock\" # ours
//- go/mail/go.mod
module example.com/shop/mailer/v2

go 1.26
//- py/pyproject.toml
[project]
name = 'ledger'
//- java/pom.xml
<project><parent><artifactId>none</artifactId></parent>
  <artifactId>lending</artifactId><dependencies><dependency><artifactId>none</artifactId></dependency></dependencies></project>
//- kt/settings.gradle.kts
rootProject.name = \"tickets\"
//- cs/src/Shop.Cart.Api/Shop.Cart.Api.csproj
<Project></Project>
//- ex/mix.exs
defmodule Harbor.MixProject do
  def project do
    [app: :harbor]
  end
end
//- php/composer.json
{\"name\": \"shop/bakery\"}
//- boot/src/main/resources/application.yml
spring:
  application:
    name: ${APP_NAME:accounts}
//- boot/src/test/resources/application.yml
spring.application.name: none
";
    for (name, folder) in [
        ("front-end", "web"),
        ("shop/front-end", "web"),
        ("stock-service", "stock"),
        ("mailer", "go/mail"),
        ("Ledger", "py"),
        ("lending", "java"),
        ("tickets", "kt"),
        ("cart-api", "cs/src/Shop.Cart.Api"),
        ("harbor", "ex"),
        ("bakery", "php"),
        ("accounts", "boot"),
    ] {
        assert_eq!(folders(files, name), [folder], "{name}");
    }
    assert!(folders(files, "none").is_empty());
}

#[test]
fn the_environment_names_what_is_built_from_a_folder() {
    let files = "//- deploy/compose.yaml
services:
  pay:
    build: ../services/payments
    environment:
      - A=b
      - OTEL_SERVICE_NAME=payment-gateway
  mail:
    build:
      context: ..
      dockerfile: ./services/mail/Dockerfile
    environment:
      OTEL_RESOURCE_ATTRIBUTES: \"deployment.environment=dev,service.name=mailer\"
  other:
    build: https://example.com/repository.git
    environment: { OTEL_SERVICE_NAME: other }
  database:
    image: postgres
    environment: { OTEL_SERVICE_NAME: none }
  varying:
    build: { context: ../services/varying }
    environment: { OTEL_SERVICE_NAME: \"${NAME}\" }
//- cart/Dockerfile
FROM python
# ENV OTEL_SERVICE_NAME=none
ENV OTEL_SERVICE_NAME=basket
//- jobs/Procfile
worker: OTEL_SERVICE_NAME=\"nightly\" python work.py
";
    for (name, folder) in [
        ("payment-gateway", "services/payments"),
        ("pay", "services/payments"),
        ("mailer", "services/mail"),
        ("varying", "services/varying"),
        ("basket", "cart"),
        ("nightly", "jobs"),
    ] {
        assert_eq!(folders(files, name), [folder], "{name}");
    }
    assert!(["none", "other", "database"].into_iter().all(|name| folders(files, name).is_empty()));
}

#[test]
fn settings_of_the_jvm_put_routes_below_a_path() {
    check(
        "//- a/src/main/resources/application.properties
server.servlet.context-path = /shop
spring.mvc.servlet.path=/api
//- a/src/main/java/shop/Carts.java
package shop;
import org.springframework.web.bind.annotation.*;
@RestController
class Carts { @GetMapping(\"/carts/{id}\") String one() { return \"\"; } }
//- b/src/main/resources/application.yml
micronaut:
  application.name: b
  server:
    context-path: /inner
//- b/src/main/kotlin/Tea.kt
import io.micronaut.http.annotation.*
@Controller(\"/tea\")
class Tea { @Get(\"/{id}\") fun one() = 1 }
//- c/src/main/resources/application.conf
ktor {
    deployment {
        rootPath = /play
    }
}
//- c/src/main/kotlin/App.kt
import io.ktor.server.routing.*
fun main() { routing { get(\"/plays\") { show() } } }
//- d/src/main/java/shop/Plain.java
package shop;
import org.springframework.web.bind.annotation.*;
@RestController
class Plain { @GetMapping(\"/plain\") String one() { return \"\"; } }
",
        &["route"],
        expect![[r#"
            GET /shop/api/carts/{id} -> a/src/main/java/shop/Carts.java:Carts.one
            GET /inner/tea/{id} -> b/src/main/kotlin/Tea.kt:Tea.one
            GET /play/plays -> c/src/main/kotlin/App.kt:main.<anonymous>.<anonymous>
            GET /plain -> d/src/main/java/shop/Plain.java:Plain.one
        "#]],
    );
}

#[test]
fn symfonys_routes_in_yaml_are_those_of_their_controllers() {
    check(
        "//- config/routes.yaml
home:
    path: /
    controller: App\\Controller\\HomeController::index
ping:
    path: /ping
    methods: [GET, HEAD]
    controller: App\\Controller\\PingController
about:
    path: { en: /about, de: /ueber }
    methods: GET|POST
    defaults: { _controller: 'App\\Controller\\HomeController::about' }
gone:
    path: /gone
    controller: App\\Controller\\Gone::index
admin:
    resource: 'routes/admin.yaml'
    prefix: /admin
    name_prefix: admin_
api:
    resource: ../src/Controller/Api/
    type: attribute
    prefix: /api
    name_prefix: 'api_'
plain:
    resource: ../src/Controller/Plain.php
    type: attribute
    prefix: /{_locale}
//- config/routes/admin.yaml
users:
    path: /users
    controller: App\\Controller\\HomeController::users
//- src/Controller/HomeController.php
<?php
namespace App\\Controller;
class HomeController {
    public function index() {}
    public function about() {}
    public function users() {}
}
//- src/Controller/PingController.php
<?php
namespace App\\Controller;
class PingController { public function __invoke() {} }
//- src/Controller/Api/CartController.php
<?php
namespace App\\Controller\\Api;
use Symfony\\Component\\Routing\\Attribute\\Route;
class CartController {
    #[Route('/carts/{id}', name: 'cart')]
    public function cart() {}
}
//- src/Controller/Plain.php
<?php
namespace App\\Controller;
use Symfony\\Component\\Routing\\Attribute\\Route;
class Plain {
    #[Route('/plain', name: 'plain_name')]
    public function plain() {}
}
",
        &["route"],
        expect![[r#"
            * / -> src/Controller/HomeController.php:HomeController.index
            * home -> src/Controller/HomeController.php:HomeController.index
            GET /ping -> src/Controller/PingController.php:PingController.__invoke
            HEAD /ping -> src/Controller/PingController.php:PingController.__invoke
            GET ping -> src/Controller/PingController.php:PingController.__invoke
            HEAD ping -> src/Controller/PingController.php:PingController.__invoke
            GET /about -> src/Controller/HomeController.php:HomeController.about
            POST /about -> src/Controller/HomeController.php:HomeController.about
            GET /ueber -> src/Controller/HomeController.php:HomeController.about
            POST /ueber -> src/Controller/HomeController.php:HomeController.about
            GET about -> src/Controller/HomeController.php:HomeController.about
            POST about -> src/Controller/HomeController.php:HomeController.about
            * /admin/users -> src/Controller/HomeController.php:HomeController.users
            * admin_users -> src/Controller/HomeController.php:HomeController.users
            * api_cart -> src/Controller/Api/CartController.php:CartController.cart
            * /api/carts/{id} -> src/Controller/Api/CartController.php:CartController.cart
            * plain_name -> src/Controller/Plain.php:Plain.plain
            * /{_locale}/plain -> src/Controller/Plain.php:Plain.plain
        "#]],
    );
}
